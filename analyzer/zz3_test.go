package analyzer

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestTimes(t *testing.T) {
	list, _ := filepath.Glob(os.Getenv("Z"))
	for _, p := range list {
		s := time.Now()
		for _, r := range flowsIn(t, p, "") {
			if d := time.Since(s); d > time.Second {
				t.Log(filepath.Base(p), d, r.Steps, r.Methods, len(r.Flows), r.Cuts)
			}
		}
	}
}
