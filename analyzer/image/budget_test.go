package image

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// TestHold: what is held at one time stays below half of the memory, whoever asks, and all are served.
func TestHold(t *testing.T) {
	l := DefaultLimits()
	l.Memory = 1000
	b := NewBudget(l)
	var held, most atomic.Int64
	var wg sync.WaitGroup
	for i := range 200 {
		n := int64(i%300) + 1
		wg.Go(func() {
			release, err := b.Hold(n)
			if err != nil {
				t.Error(err)
				return
			}
			now := held.Add(n)
			for m := most.Load(); now > m && !most.CompareAndSwap(m, now); m = most.Load() {
			}
			held.Add(-n)
			release()
		})
	}
	wg.Wait()
	if m := most.Load(); m > 500 || m == 0 {
		t.Errorf("%d bytes held at one time", m)
	}
	if _, err := b.Hold(501); !errors.Is(err, ErrBudget) {
		t.Errorf("a file that does not fit: %v", err)
	}
	release, err := b.Hold(500)
	if err != nil {
		t.Fatal(err)
	}
	release()
}

func TestKeys(t *testing.T) {
	if _, err := ParseKeys(strings.NewReader("ozip\n")); err == nil {
		t.Error("a scheme without a key is taken")
	}
	k, err := ParseKeys(strings.NewReader("# theirs\n\nOZIP 00ff # one\nofp-qc aa bb cc\nozip 11\n"))
	if err != nil {
		t.Fatal(err)
	}
	list := k.Of("ozip")
	if len(list) != 2 || list[1].Line != 5 || len(k.Of("ofp-qc")[0].Fields) != 3 || len(k.Of("x")) != 0 || len((*Keys)(nil).Of("x")) != 0 {
		t.Errorf("%+v", k)
	}
	if b, err := list[0].Hex(0, 2); err != nil || b[1] != 0xff {
		t.Errorf("%x, %v", b, err)
	}
	for _, field := range []int{0, 1} {
		if _, err := list[0].Hex(field, 16); err == nil {
			t.Errorf("field %d of a short key is taken for 16 bytes", field)
		}
	}
}
