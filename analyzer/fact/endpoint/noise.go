package endpoint

import (
	"net/netip"
	"strings"
)

// rule says that an endpoint is no server of interest.
type rule struct {
	noise string
	host  string // the host or a domain above it
	path  string // the path starts with this
}

// rules in the order of their names. Collected from the hosts that appear in many unrelated apps of stock
// firmware, each looked up: identifiers of XML vocabularies (namespace), of document types (dtd), texts and
// addresses of licences (licence), manuals and bug trackers named in messages (documentation), revocation
// lists and policies of certificate authorities (certificate), and names reserved by RFC 2606 and RFC 6761 or
// used as a blank (example).
var rules = []rule{
	{"certificate", "symcb.com", ""}, {"certificate", "symcd.com", ""}, {"certificate", "symauth.com", ""},
	{"certificate", "rapidssl.com", ""}, {"certificate", "geotrust.com", ""}, {"certificate", "thawte.com", ""},
	{"certificate", "verisign.com", ""}, {"certificate", "entrust.net", ""}, {"certificate", "digicert.com", ""},
	{"certificate", "usertrust.com", ""}, {"certificate", "comodoca.com", ""}, {"certificate", "sectigo.com", ""},
	{"certificate", "letsencrypt.org", ""}, {"certificate", "globalsign.com", ""}, {"certificate", "globalsign.net", ""},
	{"certificate", "quovadisglobal.com", ""}, {"certificate", "wosign.com", ""}, {"certificate", "startssl.com", ""},
	{"certificate", "camerfirma.com", ""}, {"certificate", "certum.pl", ""}, {"certificate", "pki.goog", ""},
	{"certificate", "d-trust.net", ""}, {"certificate", "identrust.com", ""}, {"certificate", "netlock.hu", ""},
	{"certificate", "netlock.net", ""}, {"certificate", "chambersign.org", ""}, {"certificate", "e-szigno.hu", ""},
	{"certificate", "startcom.org", ""}, {"certificate", "catcert.net", ""}, {"certificate", "accv.es", ""}, {"certificate", "sk.ee", ""},
	{"certificate", "quovadis.bm", ""}, {"certificate", "swisssign.com", ""}, {"certificate", "swisssign.net", ""},
	{"certificate", "pkioverheid.nl", ""}, {"certificate", "pki.gva.es", ""}, {"certificate", "disig.sk", ""},
	{"certificate", "firmaprofesional.com", ""}, {"certificate", "certplus.com", ""}, {"certificate", "trustcenter.de", ""},
	{"certificate", "valicert.com", ""}, {"certificate", "xrampsecurity.com", ""}, {"certificate", "anf.es", ""}, {"certificate", "certicamara.com", ""},

	{"documentation", "developer.android.com", ""}, {"documentation", "d.android.com", ""}, {"documentation", "source.android.com", ""},
	{"documentation", "developers.google.com", ""}, {"documentation", "developer.mozilla.org", ""}, {"documentation", "docs.oracle.com", ""},
	{"documentation", "developer.apple.com", ""}, {"documentation", "docs.microsoft.com", ""}, {"documentation", "learn.microsoft.com", ""},
	{"documentation", "msdn.microsoft.com", ""}, {"documentation", "developers.facebook.com", "/docs"},
	{"documentation", "ietf.org", ""}, {"documentation", "rfc-editor.org", ""}, {"documentation", "wikipedia.org", ""},
	{"documentation", "stackoverflow.com", ""}, {"documentation", "github.com", ""}, {"documentation", "github.io", ""},
	{"documentation", "code.google.com", ""}, {"documentation", "googlesource.com", ""}, {"documentation", "sourceforge.net", ""},
	{"documentation", "crbug.com", ""}, {"documentation", "bugs.chromium.org", ""}, {"documentation", "chromestatus.com", ""},
	{"documentation", "issuetracker.google.com", ""}, {"documentation", "bugzilla.mozilla.org", ""}, {"documentation", "bugs.webkit.org", ""},
	{"documentation", "youtrack.jetbrains.com", ""}, {"documentation", "kotlinlang.org", ""}, {"documentation", "slf4j.org", ""},
	{"documentation", "docs.jboss.org", ""}, {"documentation", "bouncycastle.org", ""}, {"documentation", "unicode.org", ""},
	{"documentation", "reactjs.org", ""}, {"documentation", "jquery.com", ""}, {"documentation", "jquery.org", ""},
	{"documentation", "json.org", ""}, {"documentation", "sqlite.org", ""}, {"documentation", "openssl.org", ""},
	{"documentation", "curl.haxx.se", "/docs"}, {"documentation", "ecma-international.org", ""}, {"documentation", "whatwg.org", ""},
	{"documentation", "launchpad.net", ""}, {"documentation", "bluez.org", ""}, {"documentation", "mail-archive.com", ""},
	{"documentation", "llvm.org", ""}, {"documentation", "gcc.gnu.org", ""}, {"documentation", "freedesktop.org", ""},
	{"documentation", "kernel.org", ""}, {"documentation", "readthedocs.io", ""}, {"documentation", "commons.apache.org", ""},
	{"documentation", "lucene.apache.org", ""}, {"documentation", "issues.apache.org", ""}, {"documentation", "wiki.apache.org", ""},
	{"documentation", "goo.gle", ""}, {"documentation", "g.co", "/dev"}, {"documentation", "bit.ly", ""},

	{"dtd", "openmobilealliance.org", ""}, {"dtd", "wapforum.org", ""}, {"dtd", "wireless-village.org", ""},
	{"dtd", "www.apple.com", "/dtds"}, {"dtd", "java.sun.com", "/dtd"}, {"dtd", "java.sun.com", "/j2ee/dtds"},
	{"dtd", "www.oasis-open.org", "/docbook"}, {"dtd", "syncml.org", ""},

	{"example", "test", ""}, {"example", "invalid", ""},
	{"example", "foo.bar", ""}, {"example", "domain.com", ""},
	{"example", "server.com", ""},
	{"example", "host.com", ""}, {"example", "hostname.com", ""}, {"example", "xxx.com", ""},
	{"example", "xxxx.com", ""}, {"example", "aaa.com", ""}, {"example", "company.com", ""},

	{"licence", "www.apache.org", "/licenses"}, {"licence", "apache.org", "/licenses"}, {"licence", "opensource.org", ""},
	{"licence", "creativecommons.org", ""}, {"licence", "gnu.org", ""}, {"licence", "fsf.org", ""}, {"licence", "mozilla.org", "/mpl"},
	{"licence", "www.mozilla.org", "/mpl"}, {"licence", "scripts.sil.org", ""}, {"licence", "unlicense.org", ""},
	{"licence", "eclipse.org", "/legal"}, {"licence", "www.eclipse.org", "/legal"}, {"licence", "jsoup.org", "/license"},
	{"licence", "polymer.github.io", "/license"}, {"licence", "spdx.org", ""},

	{"namespace", "schemas.android.com", ""}, {"namespace", "schemas.google.com", ""}, {"namespace", "schemas.microsoft.com", ""},
	{"namespace", "schemas.xmlsoap.org", ""}, {"namespace", "schemas.openxmlformats.org", ""}, {"namespace", "schemas.xmlmap.com", ""},
	{"namespace", "schemas.live.com", ""}, {"namespace", "w3.org", ""}, {"namespace", "xmlpull.org", ""}, {"namespace", "xml.org", ""},
	{"namespace", "xml.apache.org", ""}, {"namespace", "apache.org", "/xml"}, {"namespace", "ns.adobe.com", ""}, {"namespace", "ns.google.com", ""},
	{"namespace", "purl.org", ""}, {"namespace", "xmlns.com", ""}, {"namespace", "xmlns.jcp.org", ""}, {"namespace", "xmlns.oracle.com", ""},
	{"namespace", "java.sun.com", "/xml"}, {"namespace", "java.sun.com", "/jaxp"}, {"namespace", "exslt.org", ""}, {"namespace", "xsl.lotus.com", ""}, {"namespace", "jabber.org", ""},
	{"namespace", "xmpp.org", ""}, {"namespace", "etherx.jabber.org", ""}, {"namespace", "iptc.org", ""}, {"namespace", "cipa.jp", ""},
	{"namespace", "a9.com", ""}, {"namespace", "specs.openid.net", ""}, {"namespace", "openid.net", ""}, {"namespace", "axschema.org", ""},
	{"namespace", "schema.org", ""}, {"namespace", "ogp.me", ""}, {"namespace", "oasis-open.org", ""}, {"namespace", "docs.oasis-open.org", ""},
	{"namespace", "relaxng.org", ""}, {"namespace", "dublincore.org", ""}, {"namespace", "collada.org", ""}, {"namespace", "idpf.org", ""},
	{"namespace", "daisy.org", ""}, {"namespace", "gribuser.ru", ""}, {"namespace", "opengis.net", ""}, {"namespace", "topografix.com", ""},
	{"namespace", "garmin.com", "/xmlschemas"}, {"namespace", "itunes.com", "/dtds"}, {"namespace", "www.itunes.com", "/dtds"},
	{"namespace", "search.yahoo.com", "/mrss"}, {"namespace", "calendarserver.org", "/ns"}, {"namespace", "inkscape.org", "/namespaces"},
	{"namespace", "sodipodi.sourceforge.net", ""}, {"namespace", "bohemiancoding.com", "/sketch"}, {"namespace", "id3.org", ""},
	{"namespace", "videolan.org", "/x"}, {"namespace", "jivesoftware.com", "/xmlns"}, {"namespace", "jabber.org", ""}, {"namespace", "npes.org", ""}, {"namespace", "aiim.org", ""}, {"namespace", "prismstandard.org", ""},
	{"namespace", "metadataworkinggroup.com", ""}, {"namespace", "xfa.org", ""}, {"namespace", "gimp.org", "/xmp"},
}

// blanks are names that stand for any name, under whatever top-level domain.
var blanks = set("example test foo bar yourdomain mydomain yoursite mysite yourserver myserver yourcompany")

// name returns the label before the public suffix.
func name(host string) string {
	n, _, _ := strings.Cut(registered(host), ".")
	return n
}

// noiseOf returns the name of the rule that says an endpoint is no server of interest, or "".
func noiseOf(e *Endpoint) string {
	if addr, err := netip.ParseAddr(e.Host); err == nil {
		return addressNoise(e, addr)
	}
	switch host := e.Host; {
	case host == "localhost" || strings.HasSuffix(host, ".localhost"):
		return "loopback"
	case registered(host) == "" && strings.ContainsAny(host, "%{}$<>*#[]()"):
		return "placeholder"
	case isDottedNumber(host):
		return "version-number"
	}
	path := strings.ToLower(e.Path)
	best := -1
	for i, r := range rules {
		if under(e.Host, r.host) && strings.HasPrefix(path, r.path) && (best < 0 || len(r.host)+len(r.path) > len(rules[best].host)+len(rules[best].path)) {
			best = i
		}
	}
	switch {
	case best >= 0:
		return rules[best].noise
	case blanks[name(e.Host)]:
		return "example"
	case isCertificate(e.Host, path):
		return "certificate"
	case strings.HasPrefix(e.Host, "javax.xml."): // features of JAXP are named like this
		return "namespace"
	case !strings.Contains(e.Host, "."):
		return "placeholder"
	case registered(e.Host) == "":
		return "placeholder"
	}
	return ""
}

// under tells whether host is domain or below it.
func under(host, domain string) bool {
	return host == domain || len(host) > len(domain) && strings.HasSuffix(host, domain) && host[len(host)-len(domain)-1] == '.'
}

// isCertificate recognises revocation lists, status services and authorities' own certificates by the names
// they have everywhere (RFC 5280, sections 4.2.1.13 and 4.2.2.1).
func isCertificate(host, path string) bool {
	label := strings.TrimRight(host[:max(strings.IndexByte(host, '.'), 0)], "0123456789")
	switch label {
	case "crl", "ocsp", "cacerts", "aia", "pki", "evcrl", "evsecure-ocsp", "evintl-ocsp":
		return true
	}
	for _, part := range strings.Split(path, "/") {
		if part == "cps" || part == "ocsp" || part == "crl" {
			return true
		}
	}
	return strings.HasSuffix(path, ".crl") || strings.HasSuffix(path, ".crt") || strings.HasSuffix(path, ".cer")
}

func isDottedNumber(s string) bool {
	return strings.Count(s, ".") > 0 && strings.Trim(s, "0123456789.") == ""
}
