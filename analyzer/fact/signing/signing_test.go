package signing

import (
	stdzip "archive/zip"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"romscan/analyzer/corpustest"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
	"romscan/analyzer/image/zip"
)

func analyze(tb testing.TB, b []byte) fact.Outcome {
	tb.Helper()
	r := bytes.NewReader(b)
	budget := image.NewBudget(image.DefaultLimits())
	z, err := zip.Open(r, int64(len(b)), budget)
	if err != nil {
		tb.Fatal(err)
	}
	s := &fact.Subject{File: image.NewFile("a.apk", r, int64(len(b))), FS: z, Kind: "zip"}
	return fact.Run([]*fact.Analyzer{Analyzer()}, s, budget)
}

func put(parts ...[]byte) []byte {
	var inner []byte
	for _, p := range parts {
		inner = append(inner, p...)
	}
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(inner))), inner...)
}

func u32(v uint32) []byte { return binary.LittleEndian.AppendUint32(nil, v) }

// signedAPK makes an APK signed by scheme v2 with a fresh ECDSA key, as the specification says and apksigner does.
func signedAPK(tb testing.TB) []byte {
	tb.Helper()
	var b bytes.Buffer
	w := stdzip.NewWriter(&b)
	x, err := w.CreateHeader(&stdzip.FileHeader{Name: "AndroidManifest.xml", Method: stdzip.Store})
	if err == nil {
		_, err = x.Write([]byte("<manifest/>"))
	}
	if err != nil || w.Close() != nil {
		tb.Fatal(err)
	}
	plain := b.Bytes()
	eocd := len(plain) - 22
	dir := int(binary.LittleEndian.Uint32(plain[eocd+16:]))

	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(0x1234), Subject: pkix.Name{CommonName: "test signer"},
		NotBefore: time.Date(2014, 8, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2044, 8, 1, 0, 0, 0, 0, time.UTC)}
	cert, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		tb.Fatal(err)
	}
	top := append([]byte{0x5a}, u32(3)...)
	for _, section := range [][]byte{plain[:dir], plain[dir:eocd], plain[eocd:]} {
		sum := sha256.Sum256(append(append([]byte{0xa5}, u32(uint32(len(section)))...), section...))
		top = append(top, sum[:]...)
	}
	content := sha256.Sum256(top)
	const ecdsaSHA256 = 0x0201
	signed := bytes.Join([][]byte{put(put(u32(ecdsaSHA256), put(content[:]))), put(put(cert)), put()}, nil)
	sum := sha256.Sum256(signed)
	sig, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
	if err != nil {
		tb.Fatal(err)
	}
	pub, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		tb.Fatal(err)
	}
	value := put(put(put(signed), put(put(u32(ecdsaSHA256), put(sig))), put(pub)))
	block := binary.LittleEndian.AppendUint64(nil, uint64(len(value)+4))
	block = append(append(block, u32(0x7109871a)...), value...)
	n := binary.LittleEndian.AppendUint64(nil, uint64(len(block)+24))
	block = append(append(append(bytes.Clone(n), block...), n...), blockMagic...)
	out := append(append(bytes.Clone(plain[:dir]), block...), plain[dir:]...)
	binary.LittleEndian.PutUint32(out[len(out)-22+16:], uint32(dir+len(block)))
	return out
}

func TestBlock(t *testing.T) {
	apk := signedAPK(t)
	o := analyze(t, apk)
	if len(o.Facts) != 1 || len(o.Gaps) != 0 {
		t.Fatalf("%d facts, gaps %v", len(o.Facts), o.Gaps)
	}
	f := o.Facts[0].Fields
	for name, want := range map[string]string{
		"verified": "yes", "scheme": "v2", "subject": "CN=test signer", "serial": "1234", "not_before": "2014-08-01",
		"not_after": "2044-08-01", "algorithm": "ECDSA-SHA256", "aosp_key": "",
	} {
		if f.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, f.Get(name), want)
		}
	}
	sum := f.Get("sha256")
	if !strings.Contains(o.Facts[0].Evidence.Text, sum) {
		t.Error("evidence does not name the certificate")
	}

	content := bytes.Clone(apk)
	content[bytes.Index(content, []byte("<manifest/>"))+1] ^= 1
	signature := bytes.Clone(apk)
	at := bytes.LastIndex(signature, []byte("APK Sig")) - 8 - 91 - 20
	signature[at] ^= 1 // inside the signature, before the public key of 91 bytes
	for name, b := range map[string][]byte{"content": content, "signature": signature} {
		o := analyze(t, b)
		if len(o.Facts) != 1 || o.Facts[0].Fields.Get("verified") != "no" || o.Facts[0].Fields.Get("sha256") != sum {
			t.Errorf("%s changed: %+v %v", name, o.Facts, o.Gaps)
		}
	}
}

func TestFolded(t *testing.T) {
	line := "Name: a\r\n"
	for text, want := range map[string]bool{
		strings.Repeat(line+" b\r\n", 1000): false, line + strings.Repeat(" b\r\n", 200): true, line + strings.Repeat(" b\r", 200): true,
	} {
		if folded([]byte(text)) != want {
			t.Errorf("%.30q: not %v", text, want)
		}
	}
}

func TestUnsigned(t *testing.T) {
	var b bytes.Buffer
	w := stdzip.NewWriter(&b)
	if _, err := w.Create("AndroidManifest.xml"); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	if o := analyze(t, b.Bytes()); len(o.Facts)+len(o.Gaps) != 0 {
		t.Errorf("no signature is no finding: %v %v", o.Facts, o.Gaps)
	}
}

func each(tb testing.TB, root string, visit func(name string, o fact.Outcome)) {
	tb.Helper()
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !strings.HasSuffix(name, ".apk") {
			return err
		}
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		visit(name, analyze(tb, b))
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
}

// TestSuite runs over the test APKs of apksig, whose names say what is wrong with them.
func TestSuite(t *testing.T) {
	count := map[string]int{}
	each(t, corpustest.Dir(t, "trees/apps/apksig"), func(name string, o fact.Outcome) {
		base := filepath.Base(name)
		bad := strings.Contains(base, "does-not-verify") || strings.Contains(base, "digest-mismatch")
		good := strings.HasPrefix(base, "v2-only-with-") || strings.HasPrefix(base, "v3-only-with-")
		if strings.Contains(base, "wrong") || strings.Contains(base, "block-size") || strings.HasPrefix(base, "v1") {
			return
		}
		for _, f := range o.Facts {
			v := f.Fields.Get("verified")
			count[v]++
			if (bad && v != "no") || (good && !bad && v != "yes") {
				t.Errorf("%s: %s", base, f.Evidence.Text)
			}
		}
		if (good || bad) && len(o.Facts) == 0 {
			t.Errorf("%s: no certificate: %v", base, o.Gaps)
		}
	})
	t.Log(count)
}

// TestTestKeys finds AOSP's public keys on real firmware: they sign the apps that AOSP's own build signs with them.
func TestTestKeys(t *testing.T) {
	found := map[string][]string{}
	signed := map[string]int{}
	for _, sub := range []string{"trees/trees", "miui"} {
		each(t, corpustest.Dir(t, sub), func(name string, o fact.Outcome) {
			for _, g := range o.Gaps {
				t.Errorf("%s: %v", name, g)
			}
			for _, f := range o.Facts {
				signed[strings.Join(f.Fields.All("scheme"), "+")+" "+f.Fields.Get("verified")]++
				if k := f.Fields.Get("aosp_key"); k != "" {
					found[k] = append(found[k], filepath.Base(name))
				}
			}
		})
	}
	t.Log(signed)
	for key, app := range map[string]string{"platform": "TelephonyProvider.apk", "shared": "ContactsProvider.apk", "media": "MediaProvider.apk"} {
		if !strings.Contains(strings.Join(found[key], " "), app) {
			t.Errorf("%s key: %v", key, found[key])
		}
	}
}

func FuzzBlock(f *testing.F) {
	apk := signedAPK(f)
	f.Add(apk)
	f.Add(apk[:len(apk)-40])
	f.Fuzz(func(t *testing.T, b []byte) {
		budget := image.NewBudget(image.DefaultLimits())
		z, err := zip.Open(bytes.NewReader(b), int64(len(b)), budget)
		if err != nil {
			return
		}
		s := &fact.Subject{File: image.NewFile("a.apk", bytes.NewReader(b), int64(len(b))), FS: z}
		for _, g := range fact.Run([]*fact.Analyzer{Analyzer()}, s, budget).Gaps {
			if g.Reason == image.Panicked && !strings.Contains(g.Detail, "apkverifier") {
				t.Fatal(g.Detail)
			}
		}
	})
}
