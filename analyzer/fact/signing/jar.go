package signing

import (
	stdzip "archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"crypto/x509"

	"github.com/avast/apkparser"
	"github.com/avast/apkverifier"
	"github.com/avast/apkverifier/fullsailor/pkcs7"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
)

// Limits on a v1 signature. A .SF lists a digest for every entry; ten signers are Android's own limit. A PKCS #7 block
// takes some kilobytes; the time its keys and nesting can cost grows with the square of its length. So does that of
// a line of a .SF that is continued: names of files take three or four.
const (
	metaInf    = "META-INF"
	maxSigners = 10
	maxSF      = 32 << 20
	maxPKCS7   = 128 << 10
	maxFolds   = 128
)

// jar returns the signers of the JAR signature. The verifier gets an archive of only the signature's own files, made
// in memory and bounded: whatever the APK's own index holds cannot reach it.
func jar(p *fact.Pass) ([]signer, error) {
	entries, err := fs.ReadDir(p.FS, metaInf)
	if err != nil {
		return nil, nil
	}
	files := map[string]string{} // upper-case name to name, as Android compares them
	for _, e := range entries {
		if e.Type().IsRegular() {
			files[strings.ToUpper(e.Name())] = e.Name()
		}
	}
	var out []signer
	var errs []error
	for _, e := range entries {
		ext := strings.ToUpper(path.Ext(e.Name()))
		if !e.Type().IsRegular() || (ext != ".RSA" && ext != ".DSA" && ext != ".EC") {
			continue
		}
		if len(out) >= maxSigners {
			errs = append(errs, fmt.Errorf("%w: more than %d v1 signers", image.ErrBudget, maxSigners))
			break
		}
		base := strings.TrimSuffix(strings.ToUpper(e.Name()), ext)
		s, err := jarSigner(p, e.Name(), files[base+".SF"])
		out = append(out, s...)
		errs = append(errs, err)
	}
	return out, errors.Join(errs...)
}

func jarSigner(p *fact.Pass, block, sf string) ([]signer, error) {
	at := metaInf + "/" + block
	raw, err := member(p.FS, block, maxPKCS7)
	if err != nil {
		return nil, err
	}
	var text []byte
	why := "no .SF file"
	if sf != "" {
		if text, err = member(p.FS, sf, maxSF); err != nil {
			return nil, err
		}
		why = ""
		if folded(text) {
			why = "a line of the .SF file is continued too often"
		}
	}
	var certs []*x509.Certificate
	if why == "" {
		certs, err = verify(block, raw, text)
		if err != nil {
			why = reason(err)
		}
	}
	verified := unknown
	if why != "" && !panicked(err) {
		verified = no
	}
	if len(certs) > 0 {
		return []signer{{certs[0], "v1", verified, at, -1, why}}, nil
	}
	// The verifier gives no certificate where the signature is broken: they are there all the same.
	// It refuses algorithms it does not know by a panic: that says nothing about the signature.
	var parsed *pkcs7.PKCS7
	perr := image.Contain(func() (err error) { parsed, err = pkcs7.Parse(raw); return err })
	if perr != nil || parsed == nil || len(parsed.Certificates) == 0 {
		return nil, broken(errors.Join(err, perr), -1, at)
	}
	return []signer{{parsed.Certificates[0], "v1", verified, at, -1, why}}, nil
}

// folded reports whether some line is continued, by lines that begin with a blank, more than maxFolds times. Lines end
// in CR, LF or both.
func folded(sf []byte) bool {
	n := 0
	for i := 1; i < len(sf); i++ {
		switch {
		case sf[i-1] != '\r' && sf[i-1] != '\n', sf[i] == '\n', sf[i] == '\r':
		case sf[i] != ' ':
			n = 0
		default:
			n++
		}
		if n > maxFolds {
			return true
		}
	}
	return false
}

// verify checks the signature over the .SF file and returns the signer's chain.
func verify(name string, raw, sf []byte) (chain []*x509.Certificate, err error) {
	ext := strings.ToUpper(path.Ext(name))
	err = image.Contain(func() error {
		zr, err := archive(
			entry{metaInf + "/MANIFEST.MF", []byte("Manifest-Version: 1.0\r\n\r\n")},
			entry{metaInf + "/S.SF", sf}, entry{metaInf + "/S" + ext, raw})
		if err != nil {
			return err
		}
		// The reader stands for the APK where a signing block is looked for: this one has none.
		chains, err := apkverifier.ExtractCertsReader(bytes.NewReader(make([]byte, 64)), zr)
		if len(chains) > 0 {
			chain = chains[0]
		}
		return err
	})
	return chain, err
}

type entry struct {
	name string
	data []byte
}

// archive makes a stored archive of a few files.
func archive(files ...entry) (*apkparser.ZipReader, error) {
	var b bytes.Buffer
	w := stdzip.NewWriter(&b)
	for _, f := range files {
		x, err := w.CreateHeader(&stdzip.FileHeader{Name: f.name, Method: stdzip.Store})
		if err != nil {
			return nil, err
		}
		if _, err := x.Write(f.data); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return apkparser.OpenZipReader(bytes.NewReader(b.Bytes()))
}

// member returns a file of META-INF.
func member(fsys fs.FS, name string, limit int64) ([]byte, error) {
	f, err := fsys.Open(path.Join(metaInf, name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("%w: %s of %d bytes, limit %d", image.ErrBudget, name, info.Size(), limit)
	}
	var b bytes.Buffer
	if _, err := io.Copy(&b, io.LimitReader(f, limit)); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return b.Bytes(), nil
}
