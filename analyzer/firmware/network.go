package firmware

import (
	"path"
	"slices"
	"strings"

	"romscan/analyzer/fact"
)

// binary is an ELF file of the image with what its imports say of the network.
type binary struct {
	unit    int
	fields  fact.Fields // of its fact "elf"
	sockets bool
	hosts   bool // it resolves names, parses or makes internet addresses, or speaks TLS
}

// resolvers are functions that only internet connections need: POSIX netdb.h and arpa/inet.h, bionic's own.
var resolvers = []string{
	"getaddrinfo", "gethostbyname", "gethostbyname_r", "gethostbyname2", "android_getaddrinfofornet", "android_getaddrinfofornetcontext",
	"android_gethostbynamefornet", "res_query", "res_search", "inet_pton", "inet_aton", "inet_addr", "android_res_nquery",
}

// clients are the prefixes of the names that libraries of network protocols export: libcurl, OpenSSL and BoringSSL,
// mbed TLS, wolfSSL, Mosquitto.
var clients = []string{"curl_easy_", "curl_multi_", "SSL_connect", "SSL_write", "SSL_do_handshake", "BIO_new_connect", "mbedtls_ssl_", "wolfSSL_", "mosquitto_connect"}

// newBinary returns what unit i is as a native file; nil where it is none.
func (fw *Firmware) newBinary(i int) *binary {
	u := &fw.Record.Units[i]
	f := find(u.Facts, "elf")
	if f == nil {
		return nil
	}
	b := &binary{unit: i, fields: f.Fields}
	for _, t := range u.Tables {
		if t.Kind != "import" {
			continue
		}
		b.sockets = contains(t.Values, "socket") || contains(t.Values, "connect") || contains(t.Values, "sendto")
		b.hosts = slices.ContainsFunc(resolvers, func(n string) bool { return contains(t.Values, n) }) ||
			slices.ContainsFunc(clients, func(p string) bool {
				at, _ := slices.BinarySearch(t.Values, p)
				return at < len(t.Values) && strings.HasPrefix(t.Values[at], p)
			})
	}
	return b
}

func contains(sorted []string, s string) bool {
	_, ok := slices.BinarySearch(sorted, s)
	return ok
}

// gatherBinaries indexes the native files of the image by unit, and libraries by base name.
func (fw *Firmware) gatherBinaries() {
	fw.binaries, fw.libraries = map[int]*binary{}, map[string][]*binary{}
	for i := range fw.Record.Units {
		if b := fw.newBinary(i); b != nil {
			fw.binaries[i] = b
			name := path.Base(fw.Record.Units[i].File.Path.Name())
			fw.libraries[name] = append(fw.libraries[name], b)
		}
	}
}

// network judges a native file by its own imports and by those of the libraries it names as needed; via are the
// libraries that decide. The system's own C library and log library open sockets for everyone and say nothing.
func (fw *Firmware) network(b *binary) (verdict string, via []string) {
	needed := b.fields.All("needed")
	switch {
	case b.hosts:
		return "yes", nil
	case len(needed) == 0 && b.fields.Get("type") == "program":
		return "unknown", nil
	}
	for _, n := range needed {
		for _, l := range fw.libraries[n] {
			if l.fields.Get("machine") == b.fields.Get("machine") && l.hosts && !slices.Contains(plain, n) {
				via = append(via, n)
				break
			}
		}
	}
	switch {
	case len(via) > 0:
		return "yes", via
	case b.sockets:
		return "socket", nil
	}
	return "no", nil
}

// plain are libraries that nearly everything needs and whose network functions are for the system's own use.
var plain = []string{"libc.so", "liblog.so", "libcutils.so", "libutils.so", "libbinder.so", "libbase.so", "libandroid_runtime.so", "libssl.so", "libcrypto.so"}
