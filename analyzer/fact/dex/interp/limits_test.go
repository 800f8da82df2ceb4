package interp

import (
	"bytes"
	"compress/gzip"
	"errors"
	"strings"
	"sync"
	"testing"
)

const hostile = "LHostile;->"

// TestHostile checks that every run ends, with the reason it should have.
func TestHostile(t *testing.T) {
	data, _ := compiled(t)
	p := program(t, data)
	for _, c := range []struct {
		name    string
		reasons []Reason
	}{
		{"loop", []Reason{Steps}}, {"recursion", []Reason{Depth}}, {"giant", []Reason{Memory}}, {"giantGrid", []Reason{Memory, Steps}},
		{"doubling", []Reason{Memory}}, {"builder", []Reason{Memory, Steps}}, {"list", []Reason{Memory, Steps}}, {"selfText", []Reason{Depth, Steps}},
		{"map", []Reason{Memory, Steps}}, {"replacing", []Reason{Memory, Steps}}, {"searching", []Reason{Memory, Steps}},
		{"padding", []Reason{Unmodelled}}, {"power", []Reason{Memory}}, {"rounds", []Reason{Steps}}, {"regexp", []Reason{Steps}},
		{"clock", []Reason{Impure}}, {"file", []Reason{Impure}}, {"dice", []Reason{Impure}}, {"thread", []Reason{Unmodelled}},
		{"reflection", []Reason{Unmodelled}}, {"identity", []Reason{Impure}}, {"counting", []Reason{Impure}}, {"readsName", []Reason{Impure}},
		{"logger", []Reason{Unmodelled}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := p.NewMachine(Limits{}).Call(hostile + c.name + "()" + tS)
			var s *Stop
			if !errors.As(err, &s) {
				t.Fatalf("got %v", err)
			}
			for _, r := range c.reasons {
				if s.Reason == r {
					return
				}
			}
			t.Errorf("got %v, want %v", s, c.reasons)
		})
	}
}

func TestBomb(t *testing.T) {
	data, _ := compiled(t)
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write(make([]byte, 64<<20))
	w.Close()
	_, err := program(t, data).NewMachine(Limits{}).Call(hostile+"bomb([B)"+tS, BytesValue(z.Bytes()))
	var s *Stop
	if !errors.As(err, &s) || s.Reason != Memory && s.Reason != Steps {
		t.Errorf("got %v", err)
	}
}

func TestCall(t *testing.T) {
	data, _ := compiled(t)
	p := program(t, data)
	m := p.NewMachine(Limits{})
	if v, err := m.Call(hostile+"length("+tS+")I", UTF16Value([]uint16{0xd800, 'x'})); err != nil || v.n != 2 {
		t.Errorf("length: %v %v", v, err)
	}
	if _, err := m.Call(hostile+"length("+tS+")I", Null()); err == nil || err.(*Stop).Reason != Threw || !strings.Contains(err.(*Stop).What, "NullPointer") {
		t.Errorf("null: %v", err)
	}
	in := []byte{1, 2}
	arg := BytesValue(in)
	v, err := m.Call(hostile+"mutate([B)[B", arg)
	if b, ok := v.AsBytes(); err != nil || !ok || !bytes.Equal(b, []byte{9, 2}) {
		t.Errorf("mutate: %v %v", b, err)
	}
	if b, _ := arg.AsBytes(); b[0] != 1 {
		t.Error("an argument was changed")
	}
	if v, err := m.Call(hostile+"wide(IJDF)J", IntValue(1), LongValue(1<<40), DoubleValue(2.9), FloatValue(-3.5)); err != nil || v.n != 1<<40 {
		t.Errorf("wide: %v %v", v, err)
	}
	if _, err := m.Call(hostile + "wide(IJDF)J"); err == nil || err.(*Stop).Reason != Missing {
		t.Errorf("too few arguments: %v", err)
	}
	if _, err := m.Call("LNo;->x()V"); err == nil || err.(*Stop).Reason != Missing {
		t.Errorf("no class: %v", err)
	}
	for range 2 { // what a run wrote itself counts, in every run
		if v, err := m.Call(hostile + "own()" + tS); err != nil || v.String() != "5" {
			t.Errorf("own: %v %v", v, err)
		}
	}
	if v, err := m.Call(hostile + "logs()" + tS); err != nil || v.String() != "AFTER" {
		t.Errorf("initialiser with a logger: %v %v", v, err)
	}
	if v, err := m.StaticField(hostile + "AFTER:" + tS); err != nil || v.String() != "AFTER" {
		t.Errorf("AFTER: %v %v", v, err)
	}
	if _, err := m.StaticField(hostile + "name:" + tS); err == nil || err.(*Stop).Reason != Impure {
		t.Errorf("name: %v", err)
	}
}

// String shows a string value.
func (v Value) String() string { s, _ := v.AsString(); return s }

func TestPure(t *testing.T) {
	data, _ := compiled(t)
	p := program(t, data)
	for name, want := range map[string]bool{
		"xor(" + tS + "I)" + tS: true, "spin(I)I": true, "length(" + tS + ")I": true, "loop()" + tS: true, "list()" + tS: true,
		"clock()" + tS: false, "file()" + tS: false, "dice()" + tS: false, "thread()" + tS: false, "counting()" + tS: false,
		"set(" + tS + ")V": false, "readsName()" + tS: false, "reflection()" + tS: false, "nothing()V": false,
	} {
		if ok, why := p.Pure(hostile + name); ok != want || ok == (why != "") {
			t.Errorf("%s: %v %q", name, ok, why)
		}
	}
}

// TestConcurrent runs one program on many machines at once; the race detector watches.
func TestConcurrent(t *testing.T) {
	data, _ := compiled(t)
	p := program(t, data)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for _, name := range []string{"xorString", "maps", "base64Des", "nested", "strings", "initialisers", "intern"} {
				p.Pure(ref(name))
				if _, err := p.NewMachine(Limits{}).Call(ref(name)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkSteps(b *testing.B) {
	data, _ := compiled(b)
	m := program(b, data).NewMachine(Limits{Steps: 1 << 40})
	steps := int64(0)
	for b.Loop() {
		if _, err := m.Call(hostile+"spin(I)I", IntValue(1e6)); err != nil {
			b.Fatal(err)
		}
		steps += 1<<40 - m.steps
	}
	b.ReportMetric(float64(steps)/b.Elapsed().Seconds(), "steps/s")
}

// BenchmarkDecode decodes 1000 strings of 28 characters in one go.
func BenchmarkDecode(b *testing.B) {
	data, _ := compiled(b)
	m := program(b, data).NewMachine(Limits{})
	arg := StringValue("https://example.invalid/path")
	b.ResetTimer()
	for b.Loop() {
		for range 1000 {
			if _, err := m.Call(hostile+"xor("+tS+"I)"+tS, arg, IntValue(5)); err != nil {
				b.Fatal(err)
			}
		}
	}
}
