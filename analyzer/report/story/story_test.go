package story

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/fact"
	"romscan/analyzer/report"
)

func finding(fields fact.Fields, listing ...string) *report.Finding {
	return &report.Finding{App: "com.example.app", Steps: []report.Step{{
		As: "flow", Kind: "flow", Fields: fields, Listing: &fact.Evidence{Language: "smali", Text: strings.Join(listing, "\n")},
	}}}
}

// TestTell holds whole stories against testdata. With ROMSCAN_UPDATE=1 they are written; read the difference.
func TestTell(t *testing.T) {
	imei := fact.F("from", "device.imei", "to", "http://a.example/{}", "sink", "network", "transport", "http", "transform", "plain", "host", "a.example",
		"guard", "none", "automatic", "yes", "source_call", "Landroid/telephony/TelephonyManager;->getDeviceId()Ljava/lang/String;",
		"sink_call", "Ljava/net/HttpURLConnection;->connect()V").With("activation", "boot", "push", "user")
	way := []string{
		"# reads device.imei, in Lcom/x/Id;->get()Ljava/lang/String;", "0004: invoke-virtual {v0}, Landroid/telephony/TelephonyManager;->getDeviceId()Ljava/lang/String;",
		"# on the way from the entry, in Lcom/x/Boot;->onReceive(Landroid/content/Context;Landroid/content/Intent;)V", "0010: invoke-static {}, Lcom/x/Up;->run()V",
		"# behind opt-out: pref:up [on], default on, in Lcom/x/Up;->run()V", "0002: if-eqz v0, 0020",
		"# calls, in Lcom/x/Up;->run()V", "0008: invoke-static {v1}, Lcom/x/Http;->post(Ljava/lang/String;)V",
		"# sends to http://a.example/{}, in Lcom/x/Http;->post(Ljava/lang/String;)V", "000e: invoke-virtual {v2}, Ljava/net/HttpURLConnection;->connect()V",
	}
	set := slices.Insert(slices.Clone(way), 6, "# sets the gate, for boot, other-app, in Lcom/x/Other;->onReceive(Landroid/content/Context;Landroid/content/Intent;)V", "0006: invoke-static {}, Lcom/x/Set;->on()V",
		"# sets the gate, for user, in Lcom/x/Main;->onClick(Landroid/view/View;)V", "0000: invoke-static {}, Lcom/x/Set;->on()V")
	for name, f := range map[string]*report.Finding{
		"nothing-before-it": finding(imei, append(way[:4:4], way[6:]...)...),
		"opt-out":           finding(imei.With("guard", "opt-out").With("gate", "pref:up [on]").With("gate_default", "on"), way...),
		"set-by-others":     finding(imei.With("guard", "opt-out").With("gate", "pref:up [on]").With("gate_default", "on"), set...),
		"opt-in":            finding(imei.With("guard", "opt-in").With("gate", "pref:up [on]").With("gate_default", "off").With("transport", "https"), way...),
		"file": finding(imei.With("guard", "unknown").With("gate", "file:/data/system/preview exists").With("gate_default", "off"),
			append(way[:4:4], append([]string{"# behind unknown: file:/data/system/preview exists, default off, in Lcom/x/Up;-><clinit>()V", "0002: if-eqz v0, 0020"}, way[6:]...)...)...),
		"native": finding(fact.F("from", "sms.peer", "to", "{}", "sink", "native", "transport", "unknown", "transform", "plain", "guard", "none", "activation", "sms", "automatic", "yes",
			"sink_call", "Lcom/x/Plug;->push(Ljava/lang/String;)I", "library", "assets/p", "network", "yes"), append(way[:2:2], "# sends to native code, in Lcom/x/Http;->post(Ljava/lang/String;)V", "000e: invoke-static {v2}, Lcom/x/Plug;->push(Ljava/lang/String;)I")...),
		"bare": finding(fact.F("from", "location", "to", "{}", "sink", "network", "transport", "unknown", "guard", "unknown", "activation", "user", "automatic", "no")),
	} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			for _, p := range Tell(f) {
				b.WriteString(p.Head + "\n" + p.Text + "\n\n")
			}
			path := filepath.Join("testdata", name+".txt")
			if os.Getenv("ROMSCAN_UPDATE") != "" {
				if err := os.MkdirAll("testdata", 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), b.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
	if Tell(&report.Finding{Steps: []report.Step{{Kind: "permission"}}}) != nil {
		t.Error("a story of what is no flow")
	}
}

// TestEveryWord: what a flow can say has words.
func TestEveryWord(t *testing.T) {
	for field, words := range map[string]map[string]string{"from": dataWords, "activation": startWords, "guard": guardWords, "transport": transportWords} {
		for _, v := range fact.Lookup("flow").Field(field).Values {
			if words[v] == "" {
				t.Errorf("no words for %s %s", field, v)
			}
		}
	}
}
