package analyzer

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
)

// damaged is the fixture with the checksum of its only partition changed.
func damaged(t *testing.T) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(fixtures, "cloud-messaging", "before.zip"))
	if err != nil {
		t.Fatal(err)
	}
	const header, sum = 46, 16 // of an entry of the central directory: its name, its checksum
	at := bytes.LastIndex(raw, []byte("system.img")) - header
	if at < 0 || string(raw[at:at+4]) != "PK\x01\x02" {
		t.Fatal("no system.img in the directory")
	}
	raw[at+sum] ^= 1
	return raw
}

func scanBytes(t *testing.T, raw []byte, verify bool) *fact.Record {
	t.Helper()
	root := image.NewFile("x.zip", bytes.NewReader(raw), int64(len(raw)))
	rec, err := Read(context.Background(), root, Options{Limits: image.DefaultLimits(), Verify: verify})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// TestMismatchIsAFinding: what differs from its checksum is one more finding and takes nothing away.
func TestMismatchIsAFinding(t *testing.T) {
	raw := damaged(t)
	pack := builtin(t)
	plain, verified := Judge(scanBytes(t, raw, false), pack).Report("test"), Judge(scanBytes(t, raw, true), pack).Report("test")
	if len(verified.Findings) != len(plain.Findings)+1 {
		t.Fatalf("%d findings, %d with --verify", len(plain.Findings), len(verified.Findings))
	}
	found := false
	for _, f := range verified.Findings {
		found = found || f.ID == "ROM3015" && f.Identity["check.name"] == "system.img"
	}
	if !found {
		t.Error("no ROM3015 for system.img")
	}
	if c := verified.Coverage[0]; c.Verified != "mismatch" || c.State != "read" {
		t.Errorf("coverage %+v", c)
	}
	if c := plain.Coverage[0]; c.Verified != "" {
		t.Errorf("coverage without --verify %+v", c)
	}
}

func TestVerify(t *testing.T) {
	raw := damaged(t)
	root := image.NewFile("x.zip", bytes.NewReader(raw), int64(len(raw)))
	list, _, err := Verify(context.Background(), root, Options{Limits: image.DefaultLimits()}, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		if (c.Name == "system.img") != (c.Outcome == image.Mismatched) {
			t.Errorf("%+v", c)
		}
	}
	if len(list) == 0 {
		t.Error("nothing compared")
	}
}

// TestSeveralInputs: files of one device given together are one device.
func TestSeveralInputs(t *testing.T) {
	dir := t.TempDir()
	pair := filepath.Join(fixtures, "cloud-messaging")
	names := []string{filepath.Join(pair, "before.zip")}
	other := filepath.Join(dir, "build.prop")
	if err := os.WriteFile(other, []byte("ro.x=1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	root, done, err := OpenInput(append(names, other)...)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	rec, err := Read(context.Background(), root, Options{Limits: image.DefaultLimits()})
	if err != nil {
		t.Fatal(err)
	}
	pack := builtin(t)
	alone := Judge(read(t, names[0], 1), pack)
	if both := Judge(rec, pack); len(both.Findings) != len(alone.Findings) || len(both.Firmware.Apps) != len(alone.Firmware.Apps) {
		t.Errorf("%d findings in %d apps, alone %d in %d", len(both.Findings), len(both.Firmware.Apps), len(alone.Findings), len(alone.Firmware.Apps))
	}
}
