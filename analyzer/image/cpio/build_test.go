package cpio

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"romscan/analyzer/image"
)

// item is an entry to pack.
type item struct {
	name  string
	mode  uint16
	data  string
	ino   int
	links int
}

func file(name, data string) item { return item{name: name, mode: 0o100644, data: data} }

// pack writes an archive of the kind called magic, without padding at its end.
func pack(magic string, items ...item) []byte {
	var out []byte
	for i, it := range append(items, item{name: trailer}) {
		if it.ino == 0 {
			it.ino = 1000 + i
		}
		out = append(out, header1(magic, it)...)
	}
	return out
}

func header1(magic string, it item) []byte {
	l := layoutOf([]byte(magic))
	links := max(it.links, 1)
	var b []byte
	switch {
	case l.base == 16:
		sum := 0
		for _, c := range []byte(it.data) {
			sum += int(c)
		}
		if magic == "070701" {
			sum = 0
		}
		b = fmt.Appendf(nil, "%s%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", magic, it.ino, it.mode, 10, 20, links, 0,
			len(it.data), 1, 2, 0, 0, len(it.name)+1, sum)
	case l.base == 8:
		b = fmt.Appendf(nil, "%s%06o%06o%06o%06o%06o%06o%06o%011o%06o%011o", magic, 1, it.ino, it.mode, 10, 20, links, 0, 0, len(it.name)+1, len(it.data))
	default:
		for _, v := range []int{0o70707, 1, it.ino, int(it.mode), 10, 20, links, 0, 0, 0, len(it.name) + 1, len(it.data) >> 16, len(it.data) & 0xFFFF} {
			w := make([]byte, 2)
			l.order.PutUint16(w, uint16(v))
			b = append(b, w...)
		}
	}
	pad := func() {
		for int64(len(b))%l.align != 0 {
			b = append(b, 0)
		}
	}
	b = append(append(b, it.name...), 0)
	pad()
	b = append(b, it.data...)
	pad()
	return b
}

func mount(t *testing.T, img []byte) *archive {
	t.Helper()
	r := bytes.NewReader(img)
	if !sniff(r, int64(len(img))) {
		t.Fatal("not recognised")
	}
	fsys, err := open(r, int64(len(img)), image.NewBudget(image.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	return fsys.(*archive)
}

// list prints every file: mode, size or target, content.
func list(t *testing.T, fsys fs.FS) string {
	t.Helper()
	var out strings.Builder
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		switch {
		case info.Mode().IsRegular():
			data, err := fs.ReadFile(fsys, name)
			if err != nil {
				data = []byte(err.Error())
			}
			fmt.Fprintf(&out, "%v %s %q\n", info.Mode(), name, data)
		case info.Mode()&fs.ModeSymlink != 0:
			to, _ := fs.ReadLink(fsys, name)
			fmt.Fprintf(&out, "%v %s -> %s\n", info.Mode(), name, to)
		default:
			fmt.Fprintf(&out, "%v %s\n", info.Mode(), name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

var magics = []string{"070701", "070702", "070707", "\xC7\x71", "\x71\xC7"}

func title(magic string) string {
	l := layoutOf([]byte(magic))
	if l.order == binary.BigEndian {
		return "binary, big-endian"
	}
	return l.name
}
