package motorola

import (
	"bytes"
	"encoding/binary"
	"io"
	"io/fs"
	"testing"
	"testing/fstest"

	"romscan/analyzer/image"
)

// ext is the beginning of a made-up ext4 file system.
func ext(n int) []byte {
	b := make([]byte, n)
	binary.LittleEndian.PutUint32(b[1024:], 100)
	binary.LittleEndian.PutUint32(b[1028:], 200)
	binary.LittleEndian.PutUint32(b[1048:], 2)
	copy(b[1080:], "\x53\xEF")
	for i := 2000; i < n; i++ {
		b[i] = byte(i * 7)
	}
	return b
}

// behind puts a header of n bytes with a field for the offset in front of a file system. In it lies what looks
// like the magic number of ext4, as in the images that have misled others.
func behind(name string, n int, stated uint32, content []byte) []byte {
	b := make([]byte, n)
	copy(b, name)
	binary.LittleEndian.PutUint32(b[24:], stated)
	if n > 100000 {
		copy(b[4096+1080:], "\x53\xEF")
	}
	return append(b, content...)
}

const full = "MOTO\x13W\x9b\x00MOT_PIV_FULL256"

func TestHeaders(t *testing.T) {
	content := ext(9000)
	for name, img := range map[string][]byte{
		"Motorola":                     behind(full, 131072, 131072, content),
		"Motorola, elsewhere":          behind(full, 65536, 65536, content),
		"Motorola, offset not said":    behind(full, 131072, 0, content),
		"Motorola, offset wrong":       behind(full, 8192, 77, content),
		"Motorola, older":              behind("MOTO", 131072, 0, content),
		"ASUS":                         behind("ASUS", 1536, 0, content),
		"Motorola, no file system":     behind(full, 131072, 131072, []byte("something else")),
		"Motorola, super":              behind(full, 131072, 131072, append(make([]byte, 4096), "gDla"+string(make([]byte, 100))...)),
		"Motorola, erofs at the usual": behind(full, 131072, 5, append(make([]byte, 1024), "\xE2\xE1\xF5\xE0"+string(make([]byte, 5000))...)),
	} {
		r := bytes.NewReader(img)
		if !sniff(r, r.Size()) {
			t.Errorf("%s: not recognised", name)
			continue
		}
		fsys, err := open(r, r.Size(), image.NewBudget(image.DefaultLimits()))
		if err != nil {
			t.Fatal(err)
		}
		if err := fstest.TestFS(fsys, Name); err != nil {
			t.Fatal(err)
		}
		got, err := fs.ReadFile(fsys, Name)
		if err != nil || !bytes.HasSuffix(img, got) || name[0] == 'A' && !bytes.Equal(got, content) || len(got) > 10000 || len(got) < 14 {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

func TestOthers(t *testing.T) {
	for name, img := range map[string][]byte{
		"nothing behind MOTO": append([]byte("MOTO"), make([]byte, 1<<21)...),
		"text":                []byte("ASUSTeK is a company, and this is a text file of more than thirty-two bytes."),
		"ext4":                ext(9000),
		"short":               []byte("MOTO"),
	} {
		if sniff(bytes.NewReader(img), int64(len(img))) {
			t.Errorf("%s is recognised", name)
		}
	}
	cut := behind(full, 131072, 131072, nil)[:1000]
	var e *image.Error
	_, err := open(bytes.NewReader(cut), 1000, image.NewBudget(image.DefaultLimits()))
	if e, _ = err.(*image.Error); e == nil || e.Reason != image.Truncated {
		t.Error(err)
	}
}

func FuzzMotorola(f *testing.F) {
	f.Add(behind(full, 4096, 4096, ext(5500)))
	f.Add(behind("ASUS", 512, 0, ext(5500)))
	f.Fuzz(func(t *testing.T, img []byte) {
		fsys, err := open(bytes.NewReader(img), int64(len(img)), image.NewBudget(image.DefaultLimits()))
		if err != nil {
			return
		}
		h, err := fsys.Open(Name)
		if err != nil {
			t.Fatal(err)
		}
		h.(io.ReaderAt).ReadAt(make([]byte, 100), 1)
	})
}
