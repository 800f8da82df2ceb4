package text

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
)

func analyze(data []byte) fact.Outcome {
	f := image.NewFile("x", bytes.NewReader(data), int64(len(data)))
	s := &fact.Subject{File: f, Head: data[:min(len(data), fact.HeadSize)]}
	return fact.Run([]*fact.Analyzer{Analyzer()}, s, image.NewBudget(image.DefaultLimits()))
}

// rows prints source, then value@line of every use.
func rows(out fact.Outcome) string {
	var b strings.Builder
	for _, t := range out.Tables {
		b.WriteString(t.Common.Get("source") + ":")
		for i, v := range t.Values {
			for _, s := range t.SitesOf(i) {
				fmt.Fprintf(&b, " %s@%d", v, t.Place(s).Line)
				if m := t.Place(s).Member; m != "" {
					b.WriteString("(" + m + ")")
				}
			}
		}
	}
	return b.String()
}

const props = "# begin build properties\nro.build.version.release=4.1.2\nro.ota.url=http://ota.example.cn/check?a=1&b=%s\n" +
	"ntp=asia.pool.ntp.org\nagps.server=supl.google.com:7276\ndns=114.114.114.114,8.8.8.8\n"

func utf16File(s string, big bool) []byte {
	var order binary.AppendByteOrder = binary.LittleEndian
	if big {
		order = binary.BigEndian
	}
	out := order.AppendUint16(nil, 0xfeff)
	for _, u := range utf16.Encode([]rune(s)) {
		out = order.AppendUint16(out, u)
	}
	return out
}

func TestWords(t *testing.T) {
	wantProps := "config: 114.114.114.114@6 8.8.8.8@6 asia.pool.ntp.org@4 http://ota.example.cn/check?a=1&b=%s@3 supl.google.com:7276@5"
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"properties": {[]byte(props), wantProps},
		"utf-16le":   {utf16File(props, false), wantProps},
		"utf-16be":   {utf16File(props, true), wantProps},
		"xml": {[]byte("<?xml version=\"1.0\"?>\n<apn mmsc='http://mmsc.monternet.com' mmsproxy=\"10.0.0.172\"/>"),
			"config: 10.0.0.172@2 http://mmsc.monternet.com@2"},
		"apn":      {[]byte("<?xml version=\"1.0\"?>\n<apn apn='mms.base.be'/>"), "config: mms.base.be@2(apn)"},
		"json":     {[]byte(`{"hosts":["https://a.cn/x,https://b.cn/y"],"v":"1.2.3"}`), "asset: https://a.cn/x@1 https://b.cn/y@1"},
		"html":     {[]byte("<!DOCTYPE html><a href=https://x.org/>x</a>"), "asset: https://x.org/@1"},
		"latin-1":  {[]byte("r\xe9gion=1\nurl=http://h\xe9.example.fr/\n"), "config: http://h\ufffd.example.fr/@2"},
		"packages": {[]byte("com.android.mms=1\norg.apache.http=1\nfoo.xml=2\n"), ""},
		"binary":   {[]byte("MZ\x00\x01http://x.org/ and some more"), ""},
	} {
		if d := cmp.Diff(c.want, rows(analyze(c.data))); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// TestBlocked: names in a hosts file that go to the device itself are marked.
func TestBlocked(t *testing.T) {
	out := analyze([]byte("127.0.0.1 localhost\n127.0.0.1\tads.xyzz.com\n1.2.3.4 real.xyzz.com\n"))
	got := map[string]string{}
	for i, v := range out.Tables[0].Values {
		got[v] = out.Tables[0].Row(i).At.Member
	}
	want := map[string]string{"127.0.0.1": "hosts: blocked", "ads.xyzz.com": "hosts: blocked", "1.2.3.4": "", "real.xyzz.com": ""}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestOffset(t *testing.T) {
	out := analyze([]byte(props))
	for i, v := range out.Tables[0].Values {
		for _, s := range out.Tables[0].SitesOf(i) {
			if !strings.HasPrefix(props[s.Offset:], v) {
				t.Errorf("%q is not at %d", v, s.Offset)
			}
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add([]byte(props))
	f.Add(utf16File(props, false))
	f.Add([]byte("a://b,c://d;e://f=g.com"))
	f.Fuzz(func(t *testing.T, data []byte) {
		out := analyze(data)
		for _, g := range out.Gaps {
			if g.Reason == image.Panicked {
				t.Fatal(g.Detail)
			}
		}
		for _, tab := range out.Tables {
			for i, v := range tab.Values {
				if v == "" || i > 0 && v <= tab.Values[i-1] {
					t.Fatalf("%q after %q", v, tab.Values[i-1])
				}
			}
		}
	})
}
