package endpoint

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
)

// line prints what a string gives: value host port path noise, one endpoint after the other.
func line(s string) string {
	var out []string
	for _, e := range Find(s) {
		out = append(out, strings.Join([]string{e.Type, e.Value, e.Host, e.Port, e.Path, registered(e.Host), noiseOf(&e)}, " "))
	}
	return strings.Join(out, "; ")
}

func TestURLs(t *testing.T) {
	for in, want := range map[string]string{
		"http://ota.xyzz.cn:8080/check?v=%s":     "url http://ota.xyzz.cn:8080/check?v=%s ota.xyzz.cn 8080 /check xyzz.cn ",
		"see (https://a.baidu.com/x_(y)).":       "url https://a.baidu.com/x_(y) a.baidu.com  /x_(y) baidu.com ",
		"HTTPS://API.Xiaomi.COM/":                "url HTTPS://API.Xiaomi.COM/ api.xiaomi.com  / xiaomi.com ",
		"https://%s.xiaomi.com/v1":               "url https://%s.xiaomi.com/v1 %s.xiaomi.com  /v1 xiaomi.com ",
		"https://{0}/v1":                         "url https://{0}/v1 {0}  /v1  placeholder",
		"http://":                                "",
		"http://%":                               "",
		"content://com.android.contacts":         "",
		"market://details?id=com.x":              "",
		"mqtts://user:pw@push.xyzz.cn:8883":      "url mqtts://user:pw@push.xyzz.cn:8883 push.xyzz.cn 8883  xyzz.cn ",
		"http://[2001:db8::1]:80/x":              "url http://[2001:db8::1]:80/x 2001:db8::1 80 /x  example",
		"http://127.0.0.1:8080/":                 "url http://127.0.0.1:8080/ 127.0.0.1 8080 /  loopback",
		"http://10.0.0.172":                      "url http://10.0.0.172 10.0.0.172    private-range",
		"http://1.2.3.4/a":                       "url http://1.2.3.4/a 1.2.3.4  /a  ",
		"http://schemas.android.com/apk/res/x":   "url http://schemas.android.com/apk/res/x schemas.android.com  /apk/res/x android.com namespace",
		"http://www.apache.org/licenses/LICENSE": "url http://www.apache.org/licenses/LICENSE www.apache.org  /licenses/LICENSE apache.org licence",
		"http://crl3.foo-ca.net/a":               "url http://crl3.foo-ca.net/a crl3.foo-ca.net  /a foo-ca.net certificate",
		"http://localhost:5000":                  "url http://localhost:5000 localhost 5000   loopback",
		"http://host/x":                          "url http://host/x host  /x  placeholder",
		"http://x.example.com/":                  "url http://x.example.com/ x.example.com  / example.com example",
		"https://maps.googleapis.com/maps":       "url https://maps.googleapis.com/maps maps.googleapis.com  /maps googleapis.com ",
		"访问http://wap.xyzz.cn获取":                 "url http://wap.xyzz.cn wap.xyzz.cn   xyzz.cn ",
		"http://a.qq.com,http://b.qq.com":        "url http://a.qq.com a.qq.com   qq.com ; url http://b.qq.com b.qq.com   qq.com ",
		"http://a.qq.com/r?u=http://b.qq.com/":   "url http://a.qq.com/r?u=http://b.qq.com/ a.qq.com  /r qq.com ",
		"urlhttp://a.qq.com/":                    "url http://a.qq.com/ a.qq.com  / qq.com ",
	} {
		if got := line(in); got != want {
			t.Errorf("%q\n got %q\nwant %q", in, got, want)
		}
	}
}

func TestBareHosts(t *testing.T) {
	for _, yes := range []string{
		"api.account.xiaomi.com", "data.mistat.xiaomi.com/mistats", "asia.pool.ntp.org", "supl.google.com:7276", ".qq.com", "*.xiaomi.net",
		"cn.bing.com", "163.com", "t.cn", "www.bbc.co.uk", "114.114.114.114", "8.8.8.8:53", "cdn2.foo-bar.io", "[2400:3200::1]:53",
		"a.baidu.com,b.baidu.com:80", "resolver.msg.xiaomi.net", "stats.gioneemobile.net",
	} {
		if len(Find(yes)) == 0 {
			t.Errorf("%q is not found", yes)
		}
	}
	for _, no := range []string{
		"com.android.mms", "build.prop", "foo.java", "a.b.so", "android.net", "java.net", "org.apache.http", "window.name", "e.id", "ro.product.name",
		"com.google.android.apps.plus", "classes.dex", "libfoo.so", "this.is", "Foo.Bar.Com", "user@host.com", "1.2.3", "1.2.3.4.5", "01.02.03.04",
		"persist.sys.net", "cn.wps.moffice.eng.live", "system.info", "kotlin.io", "readme.md", "10.0.0.0/8", "a..com", "-a.com", "x", "e.com", "",
		"hello world.com", "/system/app/x.com", "city.yokohama.jp", "us.com",
	} {
		if got := Find(no); len(got) > 0 {
			t.Errorf("%q is taken for %v", no, got)
		}
	}
}

func TestAddressNoise(t *testing.T) {
	for in, want := range map[string]string{
		"2.5.29.15": "version-number", "1.0.0.0": "version-number", "8.8.8.8": "", "255.255.255.0": "not-a-host", "0.0.0.0": "not-a-host",
		"192.168.1.1": "private-range", "192.0.2.7": "example", "114.114.114.114": "", "3.1.4.1:80": "", "223.5.5.5": "",
	} {
		e := Find(in)
		if len(e) != 1 || noiseOf(&e[0]) != want {
			t.Errorf("%q gives %v, want noise %q", in, e, want)
		}
	}
}

// TestNoiseNames: every rule has a name that kinds.go lists, and is reachable.
func TestNoiseNames(t *testing.T) {
	names := fact.Lookup("endpoint").Field("noise").Values
	for _, r := range rules {
		if !slices.Contains(names, r.noise) || strings.ToLower(r.host+r.path) != r.host+r.path || strings.Contains(r.host, "/") {
			t.Errorf("rule %v", r)
		}
	}
	for _, r := range ranges {
		if !slices.Contains(names, r.noise) {
			t.Errorf("range %v", r)
		}
	}
}

func owners(t testing.TB) *Owners {
	t.Helper()
	f, err := os.Open("../../../signatures/owners.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	o, err := LoadOwners(f)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestOwners(t *testing.T) {
	o := owners(t)
	if o.Len() < 1900 {
		t.Errorf("%d domains", o.Len())
	}
	for host, want := range map[string]string{
		"a.fota5.adups.com": "Shanghai Adups Technology CN", "graph.facebook.com": "Meta US", "xfacebook.com": " ", "com": " ", "": " ",
	} {
		if name, country := o.Of(host); name+" "+country != want {
			t.Errorf("%q belongs to %q %q, want %q", host, name, country, want)
		}
	}
	for _, bad := range []string{"", "a,b\n", "domain,owner,country,source,licence\nx.com,X,,s,MIT\nx.com,Y,,s,MIT\n", "domain,owner,country,source,licence\nX.com,X,,s,MIT\n"} {
		if _, err := LoadOwners(strings.NewReader(bad)); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

// feed is an analyzer that leaves tables, as dex, text, elf and pe do.
func feed(tables ...*fact.Table) *fact.Analyzer {
	return &fact.Analyzer{
		Name: "feed", Doc: "x", Version: 1, Wants: func(*fact.Subject) bool { return true },
		Run: func(p *fact.Pass) error {
			for _, t := range tables {
				p.EmitTable(t)
			}
			p.Result = tables
			return nil
		},
	}
}

func TestFacts(t *testing.T) {
	tab := &fact.Table{
		Kind: "string", Column: "value", Common: fact.F("source", "dex", "recovered", "char-array"),
		Values:  []string{"http://fota5.adups.com/a", "x http://fota5.adups.com/a y"},
		Starts:  []uint32{0, 2, 3},
		Sites:   []fact.Site{{Offset: 300, Unit: 7, Code: [3]uint16{0x1a, 1}}, {Offset: 400, Code: [3]uint16{0x1a, 1}}, {Offset: 200, Unit: 3, Code: [3]uint16{0x1a, 2}}},
		Members: []string{"Lx/Y;->m()V"},
	}
	f := image.NewFile("x", strings.NewReader("x"), 1)
	n := feed(tab)
	out := fact.Run([]*fact.Analyzer{n, Analyzer(owners(t), n)}, &fact.Subject{File: f}, image.NewBudget(image.DefaultLimits()))
	if len(out.Facts) != 1 {
		t.Fatalf("%d facts", len(out.Facts))
	}
	got := out.Facts[0]
	want := fact.F("value", "http://fota5.adups.com/a", "type", "url", "scheme", "http", "host", "fota5.adups.com", "url_path", "/a",
		"domain", "adups.com", "owner", "Shanghai Adups Technology", "country", "CN", "source", "dex", "recovered", "char-array", "noisy", "no", "used", "referenced", "uses", "3")
	if d := cmp.Diff(want, got.Fields); d != "" {
		t.Error(d)
	}
	for name, c := range map[string]struct {
		idle []bool
		used string
	}{"called": {[]bool{false}, "referenced"}, "called by nothing": {[]bool{true}, "dead"}, "not told": {nil, "referenced"}} {
		tab.Idle = c.idle
		out := fact.Run([]*fact.Analyzer{n, Analyzer(owners(t), n)}, &fact.Subject{File: f}, image.NewBudget(image.DefaultLimits()))
		if got := out.Facts[0].Fields.Get("used"); got != c.used {
			t.Errorf("%s: used=%s, want %s", name, got, c.used)
		}
	}
	if got.At.Offset != 200 || got.At.Unit != 3 || got.Evidence == nil || !strings.Contains(got.Evidence.Text, "0003: const-string") {
		t.Errorf("placed at %+v with %+v", got.At, got.Evidence)
	}
}

// TestMarked: what package text marks is noise; a host that is also used elsewhere is not.
func TestMarked(t *testing.T) {
	tab := &fact.Table{
		Kind: "string", Column: "value", Common: fact.F("source", "config"),
		Values: []string{"a.xyzz.com", "b.xyzz.com", "c.xyzz.com"}, Starts: []uint32{0, 1, 2, 4},
		Sites:   []fact.Site{{Member: 1}, {Member: 2}, {Member: 1}, {Member: 0}},
		Members: []string{"", "hosts: blocked", "apn"},
	}
	n := feed(tab)
	f := image.NewFile("x", strings.NewReader("x"), 1)
	out := fact.Run([]*fact.Analyzer{n, Analyzer(nil, n)}, &fact.Subject{File: f}, image.NewBudget(image.DefaultLimits()))
	var got []string
	for _, f := range out.Facts {
		got = append(got, f.Fields.Get("noise"))
	}
	if d := cmp.Diff([]string{"blocked", "access-point", ""}, got); d != "" {
		t.Error(d)
	}
}

func FuzzEndpoint(f *testing.F) {
	f.Add("http://a.qq.com/r?u=http://b.qq.com/,https://[::1]:8/%s (x).")
	f.Add("a.baidu.com,b.baidu.com:80")
	f.Add("114.114.114.114:53/x")
	o := owners(f)
	f.Fuzz(func(t *testing.T, s string) {
		for _, e := range Find(s) {
			if !strings.Contains(s, e.Value) || e.Host == "" || e.Value == "" {
				t.Fatalf("%q gives %+v", s, e)
			}
			if e.Type == "url" && !schemes[e.Scheme] {
				t.Fatalf("%q gives %+v", s, e)
			}
			u := use{Endpoint: e}
			u.fields("dex", "plain", o)
		}
	})
}

func BenchmarkFind(b *testing.B) {
	list := []string{"com.android.internal.telephony.Phone", "onCreate", "SELECT * FROM x WHERE y=?", "http://a.qq.com/x", "api.account.xiaomi.com", "1.2.3.4"}
	n := 0
	for _, s := range list {
		n += len(s)
	}
	b.SetBytes(int64(n))
	for b.Loop() {
		for _, s := range list {
			Find(s)
		}
	}
}
