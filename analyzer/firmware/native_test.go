package firmware

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
)

func service(name, program string, more ...string) fact.Fact {
	return fact.Fact{Kind: "service", Fields: fact.F(append([]string{"name", name, "program", program}, more...)...)}
}

// library is a unit with an ELF file that imports some functions.
func library(name, kind string, needed []string, imports ...string) fact.Unit {
	u := unit(name, fact.Fact{Kind: "elf", Fields: fact.F("machine", "arm64", "type", kind).With("needed", needed...)})
	u.Tables = []*fact.Table{{Kind: "import", Column: "name", Values: imports}}
	return u
}

func natives(u fact.Unit, how string, methods ...string) fact.Unit {
	u.Tables = append(u.Tables, &fact.Table{Kind: "native-method", Column: "method", Common: fact.F("how", how), Values: methods})
	return u
}

// code makes a unit inside an app or a file that declares methods and has strings.
func code(in, name string, methods, strings []string) fact.Unit {
	u := unit(in)
	u.File.Path = u.File.Path.Join(image.Segment{Container: "zip", Name: name, Offset: -1})
	u.Tables = []*fact.Table{
		{Kind: "native-declared", Column: "method", Values: methods},
		{Kind: "string", Column: "value", Common: fact.F("source", "dex"), Values: strings},
	}
	return u
}

func TestDaemons(t *testing.T) {
	link := unit("system/bin/linked")
	link.File.Link = "sender"
	script := unit("system/bin/start.sh")
	script.File.Ran = []string{"text"}
	fw := assemble(
		unit("system/build.prop", prop("ro.build.version.sdk", "30")),
		unit("vendor/etc/init/x.rc",
			service("direct", "/vendor/bin/direct", "user", "root"),
			service("linked", "/system/bin/linked", "disabled", "yes"),
			service("local", "/system/vendor/bin/local"),
			service("script", "/system/bin/start.sh"),
			service("static", "/system/bin/static"),
			service("gone", "/system/bin/gone")),
		library("vendor/bin/direct", "program", []string{"libc.so"}, "connect", "getaddrinfo", "socket"),
		library("vendor/bin/local", "program", []string{"libc.so", "liblog.so"}, "connect", "socket"),
		library("system/bin/sender", "program", []string{"libnet.so", "liblog.so"}, "open"),
		library("system/bin/static", "program", nil),
		library("system/lib64/libnet.so", "library", []string{"libcurl.so"}, "curl_easy_perform"),
		library("system/lib64/liblog.so", "library", nil, "connect", "inet_addr", "socket"),
		link, script,
	)
	got := map[string]string{}
	for _, f := range fw.Derived {
		if f.Kind == "daemon" {
			x := f.Fields
			got[x.Get("service")] = x.Get("path") + " " + x.Get("type") + " " + x.Get("network") + " " + x.Get("via") + " " + x.Get("disabled")
		}
	}
	want := map[string]string{
		"direct": "/vendor/bin/direct elf yes  no", "linked": "/system/bin/sender elf yes libnet.so yes", "local": "/vendor/bin/local elf socket  no",
		"script": "/system/bin/start.sh script unknown  no", "static": "/system/bin/static elf unknown  no",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestJNI(t *testing.T) {
	inside := library("system/app/A/A.apk", "library", nil, "connect", "socket")
	inside.File.Path = inside.File.Path.Join(image.Segment{Container: "zip", Name: "assets/p", Offset: -1})
	fw := assemble(
		unit("system/build.prop", prop("ro.build.version.sdk", "30")),
		app("system/app/A/A.apk", "com.a", "", "K"),
		code("system/app/A/A.apk", "classes.dex", []string{"Lcom/a/N;->go(I)V", "Lcom/a/N;->stop()V", "Lcom/sdk/L;->locate()V"}, []string{"sdk"}),
		natives(inside, "table", "go(I)V", "stop()V", "unknown()V"),
		app("system/app/B/B.apk", "com.b", "", "K"),
		code("system/app/B/B.apk", "classes.dex", []string{"Lcom/b/N;->stop()V", "Lcom/sdk/L;->locate()V"}, nil),
		natives(library("system/lib64/libsdk.so", "library", nil, "getaddrinfo"), "symbol", "Lcom/sdk/L;->locate"),
		natives(library("system/lib64/libother.so", "library", nil), "table", "stop()V"),
		natives(library("system/app/B/lib/arm64/libb.so", "library", nil), "table", "stop()V"),
		code("system/framework/x.jar", "classes.dex", []string{"Lx/Y;->z()V"}, []string{"y"}),
		natives(library("system/lib64/liby.so", "library", nil), "table", "z()V"),
	)
	var got []string
	add := func(list []fact.Fact) {
		for _, f := range list {
			if x := f.Fields; f.Kind == "jni" {
				got = append(got, x.Get("library")+" "+x.Get("declarer")+" "+x.Get("methods")+" "+x.Get("network"))
			}
		}
	}
	for _, a := range fw.Apps {
		add(a.Derived)
	}
	add(fw.Derived)
	want := []string{
		"/system/app/A/A.apk//assets/p com.a 2 socket",
		"/system/lib64/libsdk.so com.a 1 yes",
		"/system/lib64/libsdk.so com.b 1 yes",
		"/system/app/B/lib/arm64/libb.so com.b 1 no",
		"/system/lib64/liby.so /system/framework/x.jar 1 no",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestNative: a native method is looked for in the files of its app and in those of the system that it names; of several the
// one counts that may do most.
func TestNative(t *testing.T) {
	member := func(u fact.Unit, name string) fact.Unit {
		u.File.Path = u.File.Path.Join(image.Segment{Container: "zip", Name: name, Offset: -1})
		return u
	}
	lib := func(name string, imports ...string) fact.Unit {
		return member(library("system/app/A/A.apk", "library", nil, imports...), name)
	}
	fw := assemble(
		unit("system/build.prop", prop("ro.build.version.sdk", "30")),
		app("system/app/A/A.apk", "com.a", "", "K"),
		code("system/app/A/A.apk", "classes.dex", []string{"Lcom/a/N;->go(I)V"}, []string{"sdk"}),
		natives(lib("assets/p", "connect", "socket"), "table", "go(I)V"),
		natives(lib("lib/armeabi/liblog2.so", "__android_log_print", "memcpy"), "symbol", "Lcom/a/N;->log", "Lcom/a/N;->two(I)V"),
		natives(lib("lib/arm64/liblog2.so", "memcpy"), "symbol", "Lcom/a/N;->log"),
		natives(lib("lib/armeabi/libload.so", "dlopen"), "symbol", "Lcom/a/N;->load"),
		natives(lib("lib/arm64/libload.so", "getaddrinfo"), "symbol", "Lcom/a/N;->load"),
		app("system/app/B/B.apk", "com.b", "", "K"),
		code("system/app/B/B.apk", "classes.dex", []string{"Lcom/a/N;->log(I)V"}, nil),
		natives(library("system/lib64/libsdk.so", "library", nil, "getaddrinfo"), "table", "locate()V"),
	)
	for _, c := range []struct {
		app    int
		method string
		want   Native
	}{
		{0, "Lcom/a/N;->go(I)V", Native{"assets/p", "socket", false}},
		{0, "Lcom/a/N;->log(Ljava/lang/String;)V", Native{"lib/armeabi/liblog2.so", "no", true}},
		{0, "Lcom/a/N;->two(I)V", Native{"lib/armeabi/liblog2.so", "no", true}},
		{0, "Lcom/a/N;->two(J)V", Native{"", "unknown", false}},
		{0, "Lcom/a/N;->load()V", Native{"lib/arm64/libload.so", "yes", false}},
		{0, "Lcom/sdk/L;->locate()V", Native{"/system/lib64/libsdk.so", "yes", false}},
		{1, "Lcom/sdk/L;->locate()V", Native{"", "unknown", false}},
		{1, "Lcom/a/N;->log(I)V", Native{"", "unknown", false}},
	} {
		if got := fw.Native(fw.Apps[c.app], c.method); got != c.want {
			t.Errorf("%s of app %d: got %+v, want %+v", c.method, c.app, got, c.want)
		}
	}
}
