package treetest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Noise gives n bytes that no compressor makes smaller.
func Noise(seed uint32, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		seed = seed*1664525 + 1013904223
		b[i] = byte(seed >> 24)
	}
	return b
}

// Prose gives n bytes that compress to a third or so.
func Prose(seed uint32, n int) []byte {
	words := []string{"permission ", "package ", "android.intent.action.", "0x7f0", "\n", "activity ", "=", "provider"}
	var b bytes.Buffer
	for b.Len() < n {
		seed = seed*1664525 + 1013904223
		b.WriteString(words[seed>>24&7])
		if seed>>16&3 == 0 {
			fmt.Fprintf(&b, "%x", seed)
		}
	}
	return b.Bytes()[:n]
}

// Write makes a file and the directories above it.
func Write(t testing.TB, dir, name string, data []byte) {
	t.Helper()
	name = filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
