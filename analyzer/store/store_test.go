package store

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

func TestKept(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "a", "b"), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 1, 70000} {
		k, want := sha256.Sum256([]byte{byte(n)}), bytes.Repeat([]byte("fact "), n)
		if _, ok := s.Get(k); ok {
			t.Errorf("%d: there before it was put", n)
		}
		if err := s.Put(k, want); err != nil {
			t.Fatal(err)
		}
		if got, ok := s.Get(k); !ok || !bytes.Equal(got, want) {
			t.Errorf("%d: %d bytes, %v", n, len(got), ok)
		}
	}
}

// TestDamaged holds that an entry of which any byte changed, or that was cut, is a miss.
func TestDamaged(t *testing.T) {
	s, err := Open(t.TempDir(), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	k := sha256.Sum256([]byte("key"))
	if err := s.Put(k, []byte("what follows from an app")); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(s.file(k))
	if err != nil {
		t.Fatal(err)
	}
	want, _ := s.Get(k)
	for i := range whole {
		bad := bytes.Clone(whole)
		bad[i] ^= 0x40
		for _, data := range [][]byte{bad, whole[:i]} {
			if err := os.WriteFile(s.file(k), data, 0o600); err != nil {
				t.Fatal(err)
			}
			if got, ok := s.Get(k); ok && !bytes.Equal(got, want) {
				t.Errorf("byte %d: %q", i, got)
			}
		}
	}
}

func TestTrim(t *testing.T) {
	s, err := Open(t.TempDir(), 500)
	if err != nil {
		t.Fatal(err)
	}
	var keys []Key
	for i := range 10 {
		k := sha256.Sum256([]byte{byte(i)})
		keys = append(keys, k)
		content := sha256.Sum256(k[:])
		if err := s.Put(k, append(content[:], k[:]...)); err != nil { // does not shrink: 100 bytes and some
			t.Fatal(err)
		}
		old := time.Now().Add(time.Duration(i-100) * time.Minute)
		if err := os.Chtimes(s.file(k), old, old); err != nil {
			t.Fatal(err)
		}
	}
	s.Get(keys[0]) // used now
	if err := s.Trim(); err != nil {
		t.Fatal(err)
	}
	for i, want := range map[int]bool{0: true, 1: false, 5: false, 9: true} {
		if _, ok := s.Get(keys[i]); ok != want {
			t.Errorf("entry %d: kept %v", i, ok)
		}
	}
}

func TestSeveralWriters(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			s, err := Open(dir, 1<<20)
			if err != nil {
				t.Error(err)
				return
			}
			for i := range 50 {
				k := sha256.Sum256([]byte{byte(i)})
				want := fmt.Sprint("entry ", i)
				if err := s.Put(k, []byte(want)); err != nil {
					t.Error(err)
				}
				if got, ok := s.Get(k); !ok || string(got) != want {
					t.Errorf("%q, %v", got, ok)
				}
			}
		})
	}
	wg.Wait()
}
