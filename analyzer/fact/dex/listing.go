package dex

import (
	"errors"
	"fmt"
	"strings"
)

// Listing disassembles a DEX file: every method with code, or the one named "Lcom/x/Y;->m(I)V". Method names
// without a signature, "Lcom/x/Y;->m", mean all that start so.
func Listing(data []byte, method string) (string, error) {
	files, err := Open(data)
	if len(files) == 0 {
		if err == nil {
			err = errors.New("no DEX file")
		}
		return "", err
	}
	var b strings.Builder
	for _, f := range files {
		for i := range f.NumClasses() {
			def, ok := f.Class(i)
			if !ok {
				continue
			}
			f.classText(&b, def, method)
		}
	}
	if b.Len() == 0 && method != "" {
		return "", fmt.Errorf("no method %q with code", method)
	}
	return b.String(), err
}

func (f *File) classText(b *strings.Builder, def ClassDef, method string) {
	var d ClassData
	if err := f.ReadClassData(def.Data, &d); err != nil {
		return
	}
	for _, list := range [][]EncodedMethod{d.DirectMethods, d.VirtualMethods} {
		for _, m := range list {
			if m.Code == 0 || method != "" && !strings.HasPrefix(f.MethodRef(m.Method), method) {
				continue
			}
			b.WriteString(f.Disassemble(m))
			b.WriteByte('\n')
		}
	}
}
