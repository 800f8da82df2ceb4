package dataflow_test

import (
	"testing"

	"romscan/analyzer/fact/dex"
	"romscan/analyzer/firmware/dataflow"
)

// FuzzOnlyAsked changes bytes of a DEX and asks what is left what it does with a text: it ends, says the same twice, and says
// of a text that no code has that nothing is done with it.
func FuzzOnlyAsked(f *testing.F) {
	from := bases(f)
	f.Add([]byte{}, uint16(0), byte(0), "http")
	f.Add([]byte{7, 0, 0x1a, 9, 0, 0x6e, 30, 1, 0x22}, uint16(4000), byte(1), "a")
	f.Fuzz(func(t *testing.T, changes []byte, start uint16, which byte, name string) {
		data := changed(from[int(which)%len(from)], changes, int(start))
		files, _ := dex.Open(data)
		for _, d := range files {
			if first := dataflow.OnlyAsked(d, name); first != dataflow.OnlyAsked(d, name) {
				t.Errorf("two answers, the first %t", first)
			}
			if !dataflow.OnlyAsked(d, "\x00 no text has this \x00") {
				t.Error("something is done with a text that is not there")
			}
		}
	})
}
