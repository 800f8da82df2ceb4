package dataflow

import (
	"slices"
	"testing"
)

// TestCloser: of addresses of one flow, one that a host and a blank begin gives way to one that it covers, and to no other.
func TestCloser(t *testing.T) {
	const open = "http://a.example{}/setting"
	flow := func(data, guard string, to ...string) Flow {
		return Flow{Data: data, Guard: guard, Endpoints: to}
	}
	for _, c := range []struct {
		name string
		list []Flow
		want []string
	}{
		{"covered", []Flow{flow("imei", "none", open), flow("imei", "none", "http://a.example/u/{}/setting")}, []string{"http://a.example/u/{}/setting"}},
		{"covered, of one flow", []Flow{flow("imei", "none", open, "http://a.example/u/{}/setting")}, []string{"http://a.example/u/{}/setting"}},
		{"another path", []Flow{flow("imei", "none", open), flow("imei", "none", "http://a.example/u/{}/status")}, []string{open, "http://a.example/u/{}/status"}},
		{"another host", []Flow{flow("imei", "none", open), flow("imei", "none", "http://a.example.net/u/setting")}, []string{open, "http://a.example.net/u/setting"}},
		{"other data", []Flow{flow("imei", "none", open), flow("imsi", "none", "http://a.example/u/setting")}, []string{open, "http://a.example/u/setting"}},
		{"behind more", []Flow{flow("imei", "none", open), flow("imei", "opt-in", "http://a.example/u/setting")}, []string{open, "http://a.example/u/setting"}},
		{"behind less", []Flow{flow("imei", "opt-in", open), flow("imei", "none", "http://a.example/u/setting")}, []string{"http://a.example/u/setting"}},
		{"a blank in the path", []Flow{flow("imei", "none", "http://a.example/{}"), flow("imei", "none", "http://a.example/u")}, []string{"http://a.example/{}", "http://a.example/u"}},
		{"nothing known", []Flow{flow("imei", "none", "{}"), flow("imei", "none", "http://a.example/u")}, []string{"{}", "http://a.example/u"}},
	} {
		var got []string
		for _, f := range closer(c.list) {
			got = append(got, f.Endpoints...)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
