package interp

import (
	"encoding/binary"
	"slices"
	"testing"

	"romscan/analyzer/fact/dex"
)

// runAll calls what methods a program has, up to a number, with small arguments.
func runAll(p *Program, limit int) {
	var data dex.ClassData
	for _, f := range p.files {
		for i := range f.NumClasses() {
			c, _ := f.Class(i)
			_ = f.ReadClassData(c.Data, &data)
			for _, e := range slices.Concat(data.DirectMethods, data.VirtualMethods) {
				if limit--; limit < 0 {
					return
				}
				ref := f.MethodRef(e.Method)
				p.Pure(ref)
				m := p.NewMachine(Limits{Steps: 3000, Memory: 1 << 20, Depth: 12})
				id, _ := f.Method(e.Method)
				params, _ := protoLetters(f, id.Proto)
				var args []Value
				if e.Access&dex.AccStatic == 0 {
					args = append(args, StringValue("receiver"))
				}
				for k, l := range params {
					switch l {
					case 'L':
						args = append(args, StringValue("argument"))
					case '[':
						args = append(args, []Value{BytesValue([]byte("ab")), CharsValue([]uint16{1, 2}), IntsValue([]int32{3}), StringsValue([]string{"a"})}[k%4])
					default:
						args = append(args, IntValue(int32(k+1)))
					}
				}
				_, _ = m.Call(ref, args...)
			}
		}
		for i := range f.NumFields() {
			_, _ = p.NewMachine(Limits{Steps: 1000, Memory: 1 << 18, Depth: 8}).StaticField(f.FieldRef(uint32(i % 50)))
			if i > 20 {
				break
			}
		}
	}
}

// FuzzRun changes bytes of a dex, each entry of the input a place and a value, and runs what is left.
func FuzzRun(f *testing.F) {
	base := build()
	if base.skip != "" || base.err != nil {
		f.Skip(base.skip, base.err)
	}
	f.Add([]byte{}, uint16(0))
	for i := range uint16(24) {
		f.Add([]byte{byte(i * 11), byte(i), 0x71, byte(i), 9, 0x22, 200, byte(i * 3), 0xff}, i*13)
	}
	f.Fuzz(func(t *testing.T, changes []byte, start uint16) {
		data := slices.Clone(base.dex)
		at := int(start) * 4
		for ; len(changes) >= 3; changes = changes[3:] {
			at = (at + int(binary.LittleEndian.Uint16(changes))) % len(data)
			if at > 0x70 {
				data[at] = changes[2]
			}
		}
		files, _ := dex.Open(data)
		runAll(NewProgram(files), 250)
	})
}

// TestTruncated cuts the dex in many places.
func TestTruncated(t *testing.T) {
	data, _ := compiled(t)
	for n := 0x70; n < len(data); n += len(data)/40 + 1 {
		files, _ := dex.Open(data[:n:n])
		runAll(NewProgram(files), 40)
	}
}

// TestChanged runs the dex with every operation in the place of others.
func TestChanged(t *testing.T) {
	data, _ := compiled(t)
	for seed := range 60 {
		bad := slices.Clone(data)
		for i := 0x70 + seed*7; i < len(bad); i += 997 + seed {
			bad[i] = byte(i*31 + seed*5)
		}
		files, _ := dex.Open(bad)
		runAll(NewProgram(files), 60)
	}
}
