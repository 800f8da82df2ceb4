package dataflow

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAddresses holds what counts as an address of a connection: what names a host, and not the carrier's gateway before it.
func TestAddresses(t *testing.T) {
	for _, c := range []struct{ list, want []string }{
		{[]string{"http://api.example/v1", "1.1.2", "ams-1.1.0-legacy"}, []string{"http://api.example/v1"}},
		{[]string{"1.1.2"}, []string{"{}"}},
		{[]string{"http://10.0.0.172{}", "http://policy.example/check"}, []string{"http://policy.example/check"}},
		{[]string{"http://10.0.0.200:80/x"}, []string{"{}"}},
		{[]string{"192.168.1.7", "collector.example:8080/a", "{}.example.com"}, []string{"192.168.1.7", "collector.example:8080/a", "{}.example.com"}},
		{[]string{"/v1.1/page"}, []string{"{}"}},
		{[]string{"http://{}"}, []string{"http://{}"}},
		{[]string{"GET", "POST"}, nil},
	} {
		if diff := cmp.Diff(c.want, addresses(c.list)); diff != "" {
			t.Errorf("%q: %s", c.list, diff)
		}
	}
}
