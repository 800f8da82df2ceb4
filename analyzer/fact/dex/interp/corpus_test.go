package interp

import (
	"archive/zip"
	"encoding/binary"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"romscan/analyzer/corpustest"

	"romscan/analyzer/fact/dex"
)

// apps returns the dex files of each app of the corpus that has some, at most max bytes in all.
func apps(t *testing.T, max int64) map[string][]*dex.File {
	t.Helper()
	root := corpustest.Dir(t)
	out := map[string][]*dex.File{}
	for _, dir := range []string{"trees/trees", "miui"} {
		_ = filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if ext := strings.ToLower(filepath.Ext(path)); err != nil || d.IsDir() || max < 0 || ext != ".apk" && ext != ".jar" {
				return nil
			}
			z, err := zip.OpenReader(path)
			if err != nil {
				return nil
			}
			defer z.Close()
			for _, f := range z.File {
				if !strings.HasSuffix(f.Name, ".dex") {
					continue
				}
				r, err := f.Open()
				if err != nil {
					continue
				}
				data, _ := io.ReadAll(io.LimitReader(r, 32<<20))
				r.Close()
				if files, _ := dex.Open(data); len(files) > 0 {
					name, _ := filepath.Rel(root, path)
					max -= int64(len(data))
					out[name] = append(out[name], files...)
				}
			}
			return nil
		})
	}
	return out
}

// site is a call with constant arguments.
type site struct {
	ref  string
	args []Value
}

// candidate tells whether a method looks like a decoder: static, of strings, numbers and arrays, to a String.
func candidate(ref string) bool {
	_, sig, _ := strings.Cut(ref, "->")
	_, proto, _ := strings.Cut(sig, "(")
	params, ret, _ := strings.Cut(proto, ")")
	if ret != tS || params == "" || len(params) > 60 || strings.HasPrefix(ref, "Ljava/") || strings.HasPrefix(ref, "Landroid/") {
		return false
	}
	for _, p := range []string{tS, "[B", "[C", "[I", "[S", "I", "B", "C", "S", "Z"} {
		params = strings.ReplaceAll(params, p, "")
	}
	return params == ""
}

// sites finds the static calls of candidates whose arguments are constants of the same block.
func sites(f *dex.File, code *dex.Code, found func(site)) {
	consts := map[uint32]Value{}
	for it := code.Insns(); it.Next(); {
		in := it.Insn(f.Set)
		switch op := in.Op; {
		case op == dex.OpConstString || op == dex.OpConstStringJumbo:
			if s, ok := f.MUTF8(in.Index); ok {
				consts[in.Reg(0)] = UTF16Value(fromMUTF8(s))
			}
		case op >= dex.OpConst4 && op <= dex.OpConstHigh16:
			consts[in.Reg(0)] = IntValue(int32(in.Lit))
		case op == dex.OpFillArrayData:
			_, data, ok := code.ArrayPayload(uint32(int32(in.Addr) + in.Target))
			switch v := consts[in.Reg(0)]; {
			case !ok:
			case v.Class() == "" && v.o != nil && v.o.native.(text)[0] == '[':
				consts[in.Reg(0)] = payload(byte(v.o.native.(text)[1]), data)
			}
		case op == dex.OpNewArray:
			delete(consts, in.Reg(0))
			if name := f.Type(in.Index); len(name) == 2 {
				consts[in.Reg(0)] = StringValue(name)
			}
		case op == dex.OpInvokeStatic || op == 0x77:
			emit(f, &in, consts, found)
		case op.Invoke(), op == 0:
		case op >= 0x27 && op <= 0x3d && op != 0x2d && op != 0x2e:
			clear(consts)
		case in.NRegs > 0:
			delete(consts, in.Reg(0))
		}
	}
}

func emit(f *dex.File, in *dex.Insn, consts map[uint32]Value, found func(site)) {
	ref := f.MethodRef(in.Index)
	if !candidate(ref) || in.NRegs == 0 {
		return
	}
	s := site{ref: ref}
	for i := range int(in.NRegs) {
		v, ok := consts[in.Reg(i)]
		if !ok {
			return
		}
		s.args = append(s.args, v)
	}
	id, _ := f.Method(in.Index)
	params, _ := protoLetters(f, id.Proto)
	for i, p := range params {
		if i >= len(s.args) {
			return
		}
		_, isText := native[text](s.args[i])
		if p == '[' && isText {
			return // an array whose elements are not constants
		}
		if (p == 'L' || p == '[') && s.args[i].kind == KindInt {
			s.args[i] = Null()
		}
	}
	found(s)
}

func payload(kind byte, data []byte) Value {
	switch kind {
	case 'B':
		return BytesValue(data)
	case 'C':
		u := make([]uint16, len(data)/2)
		for i := range u {
			u[i] = binary.LittleEndian.Uint16(data[2*i:])
		}
		return CharsValue(u)
	}
	return Value{}
}

// readable tells whether a result is text that says something.
func readable(s string) bool {
	if len(s) < 4 {
		return false
	}
	for _, r := range s {
		if !unicode.IsPrint(r) && !unicode.IsSpace(r) || r == unicode.ReplacementChar {
			return false
		}
	}
	return true
}

// TestCorpus runs the pure static functions to String of real apps on the constants that they are called with. What
// it finds is logged; that no run panics and that every run ends is what it asserts.
func TestCorpus(t *testing.T) {
	if testing.Short() {
		t.Skip("real firmware is read in full only")
	}
	max := int64(24 << 20)
	if os.Getenv("ROMSCAN_CORPUS_ALL") != "" {
		max = 4 << 30
	}
	all := apps(t, max)
	var methods, pure, calls, failed int
	own, addresses := map[string]bool{}, 0
	texts, reasons := map[string]bool{}, map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		p := NewProgram(all[name])
		m := p.NewMachine(Limits{Steps: 200000})
		var list []site
		for _, f := range all[name] {
			eachCode(f, func(code *dex.Code) { sites(f, code, func(s site) { list = append(list, s) }) })
		}
		for _, s := range constants(p, m) {
			if !own[s.text] {
				own[s.text] = true
				if address.MatchString(s.text) {
					addresses++
					t.Logf("%s: %s gives %.160q", name, s.ref, s.text)
				}
			}
		}
		known := map[string]bool{}
		for _, s := range list {
			ok, why := p.Pure(s.ref)
			if !known[s.ref] && !strings.HasPrefix(why, "no method") {
				known[s.ref] = true
				methods++
				if ok {
					pure++
				} else {
					t.Logf("%s: not pure: %s: %s", name, s.ref, why)
				}
			}
			if !ok {
				continue
			}
			calls++
			v, err := m.Call(s.ref, s.args...)
			if err != nil {
				failed++
				reasons[string(err.(*Stop).Reason)]++
				t.Logf("%s: %s: %v", name, s.ref, err)
				continue
			}
			if text, ok := v.AsString(); ok && readable(text) && !among(s.args, text) && !texts[text] {
				texts[text] = true
				t.Logf("%s: %s -> %.120q", name, s.ref, text)
			}
		}
	}
	t.Logf("%d apps, %d parameterless functions and static fields give text, %d of it like an address", len(all), len(own), addresses)
	t.Logf("%d apps, %d functions with constant call sites, %d pure, %d calls, %d failed %v, %d distinct readable strings",
		len(all), methods, pure, calls, failed, reasons, len(texts))
}

// among tells whether a text was an argument.
func among(args []Value, s string) bool {
	return slices.ContainsFunc(args, func(v Value) bool { t, ok := v.AsString(); return ok && t == s })
}

func eachCode(f *dex.File, visit func(*dex.Code)) {
	var data dex.ClassData
	for i := range f.NumClasses() {
		c, _ := f.Class(i)
		_ = f.ReadClassData(c.Data, &data)
		for _, e := range slices.Concat(data.DirectMethods, data.VirtualMethods) {
			if e.Code != 0 {
				code, _ := f.Code(e.Code)
				visit(&code)
			}
		}
	}
}

var address = regexp.MustCompile(`^(https?|ftp|wss?)://|^([a-z0-9-]+\.)+(com|net|org|cn|io|mobi|me|info)(/|:|$)|^\d+\.\d+\.\d+\.\d+`)

type found struct{ ref, text string }

// constants runs the pure static functions to String that take nothing, and the initialisers of classes that have
// static strings which the dex does not hold as values, and returns the texts that are no constants of the dex.
func constants(p *Program, m *Machine) (out []found) {
	var data dex.ClassData
	for _, f := range p.files {
		plain := map[string]bool{}
		for i := range uint32(f.NumStrings()) {
			plain[f.String(i)] = true
		}
		add := func(ref string, v Value, err error) {
			if s, ok := v.AsString(); err == nil && ok && readable(s) && !plain[s] {
				out = append(out, found{ref, s})
			}
		}
		for i := range f.NumClasses() {
			c, _ := f.Class(i)
			_ = f.ReadClassData(c.Data, &data)
			for _, e := range data.DirectMethods {
				ref := f.MethodRef(e.Method)
				if e.Access&dex.AccStatic == 0 || !strings.HasSuffix(ref, "()"+tS) {
					continue
				}
				if ok, _ := p.Pure(ref); ok {
					v, err := m.Call(ref)
					add(ref, v, err)
				}
			}
			for _, e := range data.StaticFields {
				if ref := f.FieldRef(e.Field); strings.HasSuffix(ref, ":"+tS) {
					v, err := m.StaticField(ref)
					add(ref, v, err)
				}
			}
		}
	}
	return out
}
