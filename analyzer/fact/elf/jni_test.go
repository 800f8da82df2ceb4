package elf

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/fact"
)

func TestNativeOf(t *testing.T) {
	for symbol, want := range map[string]string{
		"Java_com_x_Y_m":                          "Lcom/x/Y;->m",
		"Java_com_my_1app_Y_open_1door":           "Lcom/my_app/Y;->open_door",
		"Java_com_x_Y_00024Inner_m":               "Lcom/x/Y$Inner;->m",
		"Java_com_x_Y_m__ILjava_lang_String_2_3B": "Lcom/x/Y;->m(ILjava/lang/String;[B)",
		"Java_com_x_Y_m__":                        "Lcom/x/Y;->m()",
		"Java_com_x_Y__1m":                        "Lcom/x/Y;->_m",
		"Java_Y_m":                                "LY;->m",
		"JavaCritical_com_x_Y_m":                  "Lcom/x/Y;->m",
		"Java_com_x_Y_m_0540d_0443":               "", // a digit too few
		"Java_com_x_Y_\u006d_0043c\u0061":         "Lcom/x/Y;->mмa",
		"Java_m":                                  "",
		"Java_":                                   "",
		"Java_com_x_Y_m__Q":                       "",
		"_ZN7android8Java_addE":                   "",
		"JNI_OnLoad":                              "",
		"Java_com_x_Y_m_0zz":                      "",
		"Java_org_webrtc_Z_n__Lcom_x_Y_00024Inner_2ZJ_3_3D": "Lorg/webrtc/Z;->n(Lcom/x/Y$Inner;ZJ[[D)",
	} {
		if got, ok := nativeOf(symbol); got != want || ok != (want != "") {
			t.Errorf("%s: %q, want %q", symbol, got, want)
		}
	}
}

const librarySource = `
typedef struct { const char *name, *signature; void *function; } JNINativeMethod;
__attribute__((visibility("default"))) int Java_com_x_Y_open_1door(void *env, void *self) { return 1; }
__attribute__((visibility("default"))) int Java_com_x_Y_send__I(void *env, void *self, int i) { return 2; }
static int hidden(void *env, void *self) { return 3; }
extern int elsewhere(void *env, void *self);
JNINativeMethod table[] = {
	{"collect", "(Landroid/content/Context;[B)Ljava/lang/String;", (void *)hidden},
	{"upload", "!(JI)V", (void *)hidden},
	{"open", "()Z", (void *)Java_com_x_Y_open_1door},
	{"fetch", "()V", (void *)elsewhere},
};
const char *decoys[] = {"name", "(no signature)", "x", "name", "(I)V", "data", "(I)V", "(I)V"};
__attribute__((visibility("default"))) int JNI_OnLoad(void *vm, void *r) { return table[1].name[0] + decoys[2][0]; }
static const unsigned short wide[] = {'h','t','t','p',':','/','/','w','.','c','n',0};
__attribute__((visibility("default"))) const void *text(void) { return wide; }
`

// TestCompiledLibraries reads the native methods of libraries made by real linkers, in all the ways of packing
// relocations that Android knows, with and without section headers.
func TestCompiledLibraries(t *testing.T) {
	dir := t.TempDir()
	src := filepath.Join(dir, "l.c")
	if err := os.WriteFile(src, []byte(librarySource), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, compiler := range []string{"gcc", "aarch64-linux-gnu-gcc", "arm-linux-gnueabihf-gcc"} {
		for _, linker := range []string{"", "-Wl,--hash-style=sysv,--pack-dyn-relocs=android", "-Wl,--pack-dyn-relocs=android+relr,--use-android-relr-tags"} {
			t.Run(compiler+" "+linker, func(t *testing.T) {
				t.Parallel()
				need := []string{compiler}
				args := []string{"-shared", "-fPIC", "-nostdlib", "-O1", "-fvisibility=hidden", src}
				if linker != "" {
					args = append(args, linker)
				}
				if strings.Contains(linker, "pack") {
					need = append(need, "ld.lld")
				}
				for _, n := range need {
					if _, err := exec.LookPath(n); err != nil {
						t.Skipf("%s is not installed", n)
					}
				}
				own := t.TempDir()
				if len(need) > 1 { // a cross compiler looks for the linker in folders of its own
					lld, _ := exec.LookPath("ld.lld")
					if err := os.Symlink(lld, filepath.Join(own, "ld.lld")); err != nil {
						t.Fatal(err)
					}
					args = append(args, "-fuse-ld=lld", "-B", own)
				}
				lib := filepath.Join(own, "l.so")
				if out, err := exec.Command(compiler, append(args, "-o", lib)...).CombinedOutput(); err != nil {
					t.Skipf("%s does not link this: %s", compiler, out)
				}
				data, err := os.ReadFile(lib)
				if err != nil {
					t.Fatal(err)
				}
				checkLibrary(t, data)
				if data[4] == 2 { // no section headers
					binary.LittleEndian.PutUint64(data[0x28:], 0)
					binary.LittleEndian.PutUint32(data[0x3c:], 0)
				} else {
					binary.LittleEndian.PutUint32(data[0x20:], 0)
					binary.LittleEndian.PutUint32(data[0x30:], 0)
				}
				checkLibrary(t, data)
			})
		}
	}
}

func checkLibrary(t *testing.T, data []byte) {
	t.Helper()
	out := analyze(data)
	if len(out.Gaps) > 0 {
		t.Errorf("gaps %v", out.Gaps)
	}
	got := map[string][]string{}
	for _, tab := range out.Tables {
		got[string(tab.Kind)+" "+tab.Common.Get("how")+tab.Common.Get("recovered")] = tab.Values
	}
	if !slices.Contains(got["string utf-16"], "http://w.cn") {
		t.Errorf("UTF-16 strings %q", got["string utf-16"])
	}
	for key, want := range map[string][]string{
		"native-method symbol": {"Lcom/x/Y;->open_door", "Lcom/x/Y;->send(I)"},
		"native-method table":  {"collect(Landroid/content/Context;[B)Ljava/lang/String;", "fetch()V", "open()Z", "upload(JI)V"},
	} {
		if d := cmp.Diff(want, got[key]); d != "" {
			t.Errorf("%s: %s", key, d)
		}
	}
	exports := slices.DeleteFunc(slices.Clone(got["export "]), func(s string) bool { return s == "_init" || s == "_fini" })
	if d := cmp.Diff([]string{"JNI_OnLoad", "Java_com_x_Y_open_1door", "Java_com_x_Y_send__I", "text"}, exports); d != "" {
		t.Errorf("exports: %s", d)
	}
	if !slices.Contains(got["import "], "elsewhere") {
		t.Errorf("imports %q", got["import "])
	}
}

// TestCorpusNatives counts the native methods of real firmware: the libraries of the framework register
// theirs in tables, those of apps export them.
func TestCorpusNatives(t *testing.T) {
	count := map[string]int{}
	for _, data := range libraries(t, 60<<20) {
		for _, tab := range analyze(data).Tables {
			if tab.Kind == "native-method" {
				count[tab.Common.Get("how")] += len(tab.Values)
			}
		}
	}
	t.Log(count)
	if count["symbol"] == 0 || count["table"] == 0 {
		t.Errorf("%d by symbols, %d by tables", count["symbol"], count["table"])
	}
}

// TestPrelinked: a library of Android 2.3 whose addresses were moved exports each method that its table names.
func TestPrelinked(t *testing.T) {
	found := false
	for path, data := range libraries(t, 200<<20) {
		if filepath.Base(path) != "libdrm1_jni.so" || string(data[len(data)-4:]) != "PRE " {
			continue
		}
		found = true
		names := map[string][]string{}
		for _, tab := range analyze(data).Tables {
			for _, v := range tab.Values {
				if how := tab.Common.Get("how"); how != "" {
					v, _, _ = strings.Cut(v[strings.Index(v, ">")+1:], "(")
					names[how] = append(names[how], v)
				}
			}
		}
		slices.Sort(names["symbol"])
		slices.Sort(names["table"])
		if d := cmp.Diff(names["symbol"], names["table"]); d != "" || len(names["table"]) != 19 {
			t.Errorf("%s: %s", path, d)
		}
	}
	if !found {
		t.Skip("no libdrm1_jni.so in romscan-corpus")
	}
}

// FuzzNatives gives the tables of a real library to the reader in pieces.
func FuzzNatives(f *testing.F) {
	f.Add([]byte("APS2\x02\x08\x01\x03\x08\x97\x00\x01"), "Java_a_b_c__I")
	f.Add([]byte("APS2\xff\xff\xff\xff\x0f\x00\xff\xff\x07\x07\x08"), "Java_com_my_1app_Y_00024Z_m__Ljava_lang_String_2_3B")
	f.Fuzz(func(t *testing.T, data []byte, symbol string) {
		n := uint64(0)
		unpack(data, 1000, func(relocation) { n++ })
		if n > 1000 {
			t.Fatalf("%d relocations", n)
		}
		if m, ok := nativeOf(symbol); ok && !strings.Contains(m, ";->") {
			t.Fatalf("%q from %q", m, symbol)
		}
		validSignature(symbol)
	})
}

// registering builds a 64-bit library without section headers whose one table of native methods is filled in by packed
// relocations.
func registering() []byte {
	const base, data = 64 + 3*56, 0x10000
	le := binary.LittleEndian
	text := "go\x00(I)V\x00\xc0\x03\x5f\xd6\x00"
	// 3 relocations from address data on, in one group: a step of 8, R_AARCH64_RELATIVE, each with its addend
	packed := "APS2" + sleb(3) + sleb(data-8) + sleb(3) + sleb(groupedByInfo|groupedByDelta|groupHasAddend) + sleb(8) + sleb(int(elf.R_AARCH64_RELATIVE)) +
		sleb(base) + sleb(3) + sleb(5)
	relocs := uint64(base + len(text))
	table := relocs + uint64(len(packed))
	dynamic := table + 24
	var dyn bytes.Buffer
	for _, e := range [][2]uint64{
		{uint64(dtAndroidRela), relocs}, {uint64(dtAndroidRelaSz), uint64(len(packed))}, {uint64(elf.DT_STRTAB), base}, {uint64(elf.DT_STRSZ), 3}, {0, 0},
	} {
		binary.Write(&dyn, le, e)
	}
	end := dynamic + uint64(dyn.Len())
	var b bytes.Buffer
	h := elf.Header64{Type: uint16(elf.ET_DYN), Machine: uint16(elf.EM_AARCH64), Version: 1, Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 3}
	copy(h.Ident[:], "\x7fELF\x02\x01\x01")
	binary.Write(&b, le, h)
	for _, p := range []elf.Prog64{
		{Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_X), Filesz: end, Memsz: end},
		{Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_W), Off: table, Vaddr: data, Filesz: 24, Memsz: 24},
		{Type: uint32(elf.PT_DYNAMIC), Flags: uint32(elf.PF_R), Off: dynamic, Vaddr: dynamic, Filesz: uint64(dyn.Len())},
	} {
		binary.Write(&b, le, p)
	}
	b.WriteString(text + packed)
	b.Write(make([]byte, 24))
	b.Write(dyn.Bytes())
	return b.Bytes()
}

func sleb(v int) string {
	var b []byte
	for {
		c := byte(v & 0x7f)
		v >>= 7
		if v == 0 && c&0x40 == 0 || v == -1 && c&0x40 != 0 {
			return string(append(b, c))
		}
		b = append(b, c|0x80)
	}
}

func TestPackedTable(t *testing.T) {
	out := analyze(registering())
	i := slices.IndexFunc(out.Tables, func(t *fact.Table) bool { return t.Kind == "native-method" })
	if i < 0 || len(out.Gaps) > 0 {
		t.Fatalf("gaps %v, tables %v", out.Gaps, out.Tables)
	}
	if d := cmp.Diff([]string{"go(I)V"}, out.Tables[i].Values); d != "" {
		t.Error(d)
	}
}
