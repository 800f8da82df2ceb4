package sfx

import (
	"bytes"
	"encoding/binary"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"romscan/analyzer/image"
	"romscan/analyzer/image/sevenzip"
	"romscan/analyzer/image/sfx/installshield"
	"romscan/analyzer/image/zip"
)

// stub makes a program of one section that does nothing, signed by as many bytes at an offset, both 0 for none.
func stub(section string, signedAt, signed int) []byte {
	le := binary.LittleEndian
	b := make([]byte, 1024)
	copy(b, "MZ")
	le.PutUint32(b[60:], 64)
	copy(b[64:], "PE\x00\x00\x4c\x01\x01\x00")
	le.PutUint16(b[64+20:], 224)
	le.PutUint16(b[88:], 0x10b)
	le.PutUint32(b[88+92:], 16)
	le.PutUint32(b[88+96+32:], uint32(signedAt))
	le.PutUint32(b[88+96+36:], uint32(signed))
	copy(b[312:], section)
	le.PutUint32(b[312+16:], 512)
	le.PutUint32(b[312+20:], 512)
	return b
}

// pack runs a tool that makes an archive of two files and returns the archive.
func pack(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath(args[0]); err != nil {
		t.Skip("no " + args[0])
	}
	dir := t.TempDir()
	for file, text := range map[string]string{"rom.zip": strings.Repeat("rom ", 5000), "android-info.txt": "modelid: X\n"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(args[0], append(args[1:], name, "rom.zip", "android-info.txt")...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// through opens a program and then what is in it.
func through(t *testing.T, b []byte) fs.FS {
	t.Helper()
	budget := image.NewBudget(image.DefaultLimits())
	r := bytes.NewReader(b)
	if !Format().Sniff(r, r.Size()) {
		t.Fatal("not recognised")
	}
	fsys, err := Format().Open(r, r.Size(), budget)
	if err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(fsys, Name); err != nil {
		t.Error(err)
	}
	f, err := fsys.Open(Name)
	if err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []image.Format{installshield.Format(), zip.Format(), sevenzip.Format()} {
		if in := f.(io.ReaderAt); format.Sniff(in, info.Size()) {
			inner, err := format.Open(in, info.Size(), budget)
			if err != nil {
				t.Fatal(err)
			}
			return inner
		}
	}
	t.Fatal("the archive is of no known format")
	return nil
}

func check(t *testing.T, name string, fsys fs.FS) {
	t.Helper()
	if g, ok := fsys.(image.Gapper); ok && len(g.Gaps()) != 0 {
		t.Errorf("%s: %v", name, g.Gaps())
	}
	if got, err := fs.ReadFile(fsys, "rom.zip"); err != nil || string(got) != strings.Repeat("rom ", 5000) {
		t.Errorf("%s: %d bytes, %v", name, len(got), err)
	}
}

// TestArchives reads archives of real tools behind programs.
func TestArchives(t *testing.T) {
	zipped, packed := pack(t, "a.zip", "zip", "-q"), pack(t, "a.7z", "7z", "a", "-bd")
	config := []byte("\xEF\xBB\xBF;!@Install@!UTF-8!\r\nTitle=\"X\"\r\n;!@InstallEnd@!\r\n")
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	check(t, "zip", through(t, join(stub(".text", 0, 0), zipped)))
	check(t, "7z", through(t, join(stub(".text", 0, 0), packed)))
	check(t, "7z behind its text", through(t, join(stub(".text", 0, 0), config, packed)))
	check(t, "signed after it was appended", through(t, join(stub(".text", 1024+len(zipped), 99), zipped, make([]byte, 99))))
	check(t, "signed before", through(t, join(stub(".text", 1024, 99), make([]byte, 104), packed)))

	setup := []byte("android-info.txt\x00Disk1\\android-info.txt\x00\x003\x00abcrom.zip\x00rom.zip\x001.0\x0020000\x00" + strings.Repeat("rom ", 5000))
	check(t, "InstallShield setup", through(t, join(stub(".text", 0, 0), setup)))
	check(t, "InstallShield setup, signed", through(t, join(stub(".text", 1024+len(setup), 99), setup, make([]byte, 99))))

	adjusted := filepath.Join(t.TempDir(), "a.exe")
	if err := os.WriteFile(adjusted, join(stub(".text", 0, 0), zipped), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("zip", "-A", adjusted).CombinedOutput(); err != nil {
		t.Fatalf("zip -A: %v: %s", err, out)
	}
	b, err := os.ReadFile(adjusted)
	if err != nil {
		t.Fatal(err)
	}
	check(t, "offsets that count from the program's start", through(t, b))

	own := stub("_winzip_", 0, 0)
	own = append(own[:512], zipped...)
	binary.LittleEndian.PutUint32(own[312+16:], uint32(len(zipped)))
	check(t, "in a section of its own", through(t, own))
}

// TestRealProgram does it with a program that a linker made and that is signed.
func TestRealProgram(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/saferwall/pe").Output()
	if err != nil {
		t.Skip("no go")
	}
	exe, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "test", "putty.exe"))
	if err != nil {
		t.Skip("no putty.exe among the tests of saferwall/pe")
	}
	if r := bytes.NewReader(exe); Format().Sniff(r, r.Size()) {
		t.Error("a program alone is recognised")
	}
	check(t, "putty", through(t, append(bytes.Clone(exe), pack(t, "a.7z", "7z", "a", "-bd")...)))
}

// TestInstallers names what it does not open.
func TestInstallers(t *testing.T) {
	for mark, name := range map[string]string{
		"ISSetupStream\x00\x05\x00": "InstallShield", "InstallShield\x00\x05\x00": "InstallShield", "\x00\x00\x00\x00\xEF\xBE\xAD\xDENullsoftInst\x00": "NSIS",
	} {
		r := bytes.NewReader(append(stub(".text", 0, 0), mark+strings.Repeat("x", 100)...))
		if !Format().Sniff(r, r.Size()) {
			t.Errorf("%s: not recognised", name)
		}
		_, err := Format().Open(r, r.Size(), image.NewBudget(image.DefaultLimits()))
		if e, ok := err.(*image.Error); !ok || e.Reason != image.Unsupported || !strings.Contains(e.Detail, name) || e.Offset != 1024 {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, b := range map[string][]byte{"program": stub(".text", 0, 0), "other data": append(stub(".text", 0, 0), "hello, world"...), "DOS": []byte("MZ" + strings.Repeat("\x00", 100)), "short": []byte("MZ")} {
		if r := bytes.NewReader(b); Format().Sniff(r, r.Size()) {
			t.Errorf("%s: recognised", name)
		}
	}
}

func FuzzSFX(f *testing.F) {
	f.Add(append(stub(".text", 1024, 99), "PK\x03\x04xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"...))
	f.Add(append(stub("_winzip_", 0, 0), ";!@Install@!UTF-8!\r\n;!@InstallEnd@!\r\n7z\xBC\xAF\x27\x1C"...))
	f.Add(append(stub(".text", 0, 0), "setup.ini\x00Disk1\\setup.ini\x001.0\x004\x00\x31\x32\x33\x34"...))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		fsys, err := Format().Open(r, r.Size(), image.NewBudget(image.DefaultLimits()))
		if err != nil {
			return
		}
		got, err := fs.ReadFile(fsys, Name)
		if in := bytes.NewReader(got); err != nil || !isArchive(got) && !installshield.Sniff(in, in.Size()) {
			t.Errorf("%.20q, %v", got, err)
		}
	})
}
