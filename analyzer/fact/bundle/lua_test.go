package bundle

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var luaScript = `local url = "https://lua.example.cn/update" local long = "` + strings.Repeat("b", 400) + `" local n, m, t = 7, 1.5, true
local u = n
function f(x) local g = function() return "http://数据.example.cn/" .. x .. u end return g end
local tab = {host = "tab.example.cn", "first.example.cn", 3, 4.25, key = nil}
print(url, long, n, m, t, nil, false, f, tab)`

var luaScripted = []string{"https://lua.example.cn/update", strings.Repeat("b", 400), "http://数据.example.cn/", "tab.example.cn", "first.example.cn"}

// compilers of Lua make chunks of every version; the second form leaves names and lines out.
func compiled(t testing.TB) map[string][]byte {
	t.Helper()
	dir := t.TempDir()
	src := filepath.Join(dir, "x.lua")
	if err := os.WriteFile(src, []byte(luaScript), 0o644); err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, args := range [][]string{
		{"luac5.1", "-o"}, {"luac5.1", "-s", "-o"}, {"luac5.2", "-o"}, {"luac5.2", "-s", "-o"}, {"luac5.3", "-o"}, {"luac5.3", "-s", "-o"},
		{"luac5.4", "-o"}, {"luac5.4", "-s", "-o"}, {"luajit", "-b"}, {"luajit", "-bg"},
	} {
		if _, err := exec.LookPath(args[0]); err != nil {
			continue
		}
		bin := filepath.Join(dir, "x.bin")
		cmd := exec.Command(args[0], append(args[1:], bin, src)...)
		if args[0] == "luajit" {
			cmd = exec.Command(args[0], append(args[1:], src, bin)...)
		}
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", args, text)
			continue
		}
		data, err := os.ReadFile(bin)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.Join(args[:len(args)-1], " ")+" "+args[len(args)-1]] = data
	}
	return out
}

func TestLuaCompilers(t *testing.T) {
	list := compiled(t)
	if len(list) == 0 {
		t.Skip("luac5.1 to luac5.4 and luajit are not installed")
	}
	for name, data := range list {
		t.Run(name, func(t *testing.T) {
			want := `{"type":"luajit","version":"2"}`
			if v, ok := strings.CutPrefix(name, "luac"); ok {
				want = `{"type":"lua","version":"` + v[:3] + `"}`
			}
			check(t, data, want, luaScripted...)
			out := analyze(data[:len(data)*3/4])
			if len(out.Gaps) == 0 || len(out.Facts) != 1 {
				t.Errorf("of a cut file: gaps %v, facts %v", out.Gaps, out.Facts)
			}
		})
	}
}

// FuzzBundle gives mutated bundles of all types to the analyzer.
func FuzzBundle(f *testing.F) {
	for _, data := range compiled(f) {
		f.Add(data)
	}
	f.Add(makeHermes(96, 2, 16, "abc", "数据", strings.Repeat("x", 300)))
	f.Add(makeHermes(99, 1, 12, "abc"))
	f.Add(makeMetadata(24, "abc", "https://x.cn"))
	f.Add(makeKernel(4, "abc", "https://x.cn"))
	f.Add([]byte("UnityFS\x00\x00\x00\x00\x075.x.x\x002021.3.4f1\x00rest"))
	f.Fuzz(func(t *testing.T, data []byte) {
		out := analyze(data)
		for _, g := range out.Gaps {
			if g.Reason == "panic" || strings.Contains(g.Detail, "runtime error") {
				t.Fatal(g.Detail)
			}
		}
		for _, tab := range out.Tables {
			total := 0
			for _, v := range tab.Values {
				total += len(v)
			}
			if !slices.IsSorted(tab.Values) || total > 16*len(data)+4<<20 {
				t.Fatalf("%d strings of %d bytes from %d", len(tab.Values), total, len(data))
			}
		}
	})
}
