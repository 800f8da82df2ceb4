// Package stated finds addresses that an app states beside its code and asks for by name: paths in the annotations of an HTTP
// client's interface, and meta-data of the manifest.
//
// In: the DEX files of one app. Out: a [Use]: the interface methods with the paths their annotations hold and the base
// addresses they are joined with, and the keys that code asks the manifest for.
//
//	@GET("users") User user();  …baseUrl("http://a.example/v1/")…create(Api.class)  ->  http://a.example/v1/users
//
// Limit: registers are followed inside one block of a method. A base that is computed is none, and where several bases may be
// meant nothing is joined: an address that is wrong is worse than none; who follows flows knows more, see [Call.Join].
// Annotations an obfuscator renamed are not known.
package stated

import (
	"strings"

	"romscan/analyzer/fact/dex"
)

// Call is a method of an interface with what its annotation says.
type Call struct {
	File   *dex.File
	Member string // "Lcom/x/Api;->user()V"
	Verb   string // "GET"
	Path   string // as written
	URL    string // joined, "" where the base is not known
	Offset uint32 // of the path's value in the file's data

	Interface string // descriptor
	client    *client
}

// Join returns the address that a path leads to with a base; "" where that is none.
func (c *Call) Join(base string) string { return c.client.join(base, c.Path) }

// Key is an instruction that asks the manifest for meta-data.
type Key struct {
	File   *dex.File
	Member string
	Addr   uint32 // in code units
	Offset uint32 // of the instruction in the file's data
	Name   string
	Of     string // class of the object asked, "Landroid/content/pm/ApplicationInfo;"
}

// Use is what one app states.
type Use struct {
	Calls []Call
	Keys  []Key
}

// client is a library that makes clients of interfaces.
type client struct {
	prefix string // of its annotations
	base   string // method that takes the base address, without what it returns
	create string // method that takes the interface
	plain  bool   // base and path are put together as they stand
}

// Retrofit 2 resolves a path against its base as a browser does (retrofit2.http.GET); version 1 appends it
// (retrofit.RestAdapter.Builder#setEndpoint).
var clients = []client{
	{"Lretrofit2/http/", "Lretrofit2/Retrofit$Builder;->baseUrl(", "Lretrofit2/Retrofit;->create(Ljava/lang/Class;)", false},
	{"Lretrofit/http/", "Lretrofit/RestAdapter$Builder;->setEndpoint(", "Lretrofit/RestAdapter;->create(Ljava/lang/Class;)", true},
}

// Classes are the prefixes of the names of classes without which no annotation is looked for.
func Classes() (out []string) {
	for _, c := range clients {
		out = append(out, strings.ReplaceAll(c.prefix[1:], "/", "."))
	}
	return out
}

var verbs = []string{"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "HTTP"}

// Find reads the annotations and the code of an app.
func Find(files []*dex.File) Use {
	var out Use
	f := &finder{bases: map[int]map[string]bool{}, tied: map[string]map[string]bool{}}
	for _, d := range files {
		if d.Set == nil || d.Set == dex.Standard { // optimised code does not name what it calls
			f.code(d)
		} else {
			f.unknown = true
		}
	}
	out.Keys = f.keys
	for i := range clients {
		for _, d := range files {
			out.Calls = append(out.Calls, f.annotated(d, i)...)
		}
	}
	return out
}

// join puts a base and a path together.
func (c *client) join(base, path string) string {
	scheme, rest, ok := strings.Cut(base, "://")
	host, dir, _ := strings.Cut(rest, "/")
	switch {
	case strings.Contains(path, "://"):
		return path
	case !ok || path == "" || host == "":
		return ""
	case c.plain:
		return strings.TrimSuffix(base, "/") + "/" + strings.TrimPrefix(path, "/")
	case strings.HasPrefix(path, "//"):
		return scheme + ":" + path
	case strings.HasPrefix(path, "/"):
		return scheme + "://" + host + path
	}
	return scheme + "://" + host + "/" + dir[:strings.LastIndexByte(dir, '/')+1] + path
}
