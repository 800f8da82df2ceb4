package stated

import (
	"strings"

	"romscan/analyzer/fact/dex"
)

// finder gathers what the code of an app does with bases, interfaces and meta-data.
type finder struct {
	bases   map[int]map[string]bool    // by client: the constant bases of the app, "" for one that is computed
	tied    map[string]map[string]bool // by interface: the bases of the methods that make it a client
	keys    []Key
	unknown bool // some code could not be read
}

// anyBase stands for a method that makes a client and has no base of its own.
const anyBase = "*"

// callee is what a method means to the finder.
type callee struct {
	lib          int
	base, create bool
	key          bool // Bundle.getString
}

// infos are the classes that carry the manifest's meta-data (android.content.pm.PackageItemInfo and its kin).
var infos = []string{
	"Landroid/content/pm/ApplicationInfo;", "Landroid/content/pm/ActivityInfo;", "Landroid/content/pm/ServiceInfo;",
	"Landroid/content/pm/ProviderInfo;", "Landroid/content/pm/PackageItemInfo;",
}

// maxClass bounds the name of a class that is looked at: those of interest are shorter.
const maxClass = 64

// code walks the methods of one file.
func (f *finder) code(d *dex.File) {
	w := &walker{finder: f, d: d, callees: map[uint32]callee{}, fields: map[uint32]string{}}
	spelled := 4*len(d.Data) + 1<<16
	for i := range uint32(d.NumMethods()) {
		id, _ := d.Method(i)
		b, _ := d.MUTF8(d.TypeString(id.Class))
		if class := string(b[:min(len(b), maxClass)]); class != "Landroid/os/Bundle;" && class != "Landroid/os/BaseBundle;" && !strings.HasPrefix(class, "Lretrofit") {
			continue
		}
		ref := d.MethodRef(i)
		if spelled -= len(ref); spelled < 0 {
			f.unknown = true
			return
		}
		if strings.HasSuffix(ref, ";->getString(Ljava/lang/String;)Ljava/lang/String;") || strings.HasSuffix(ref, ";->getString(Ljava/lang/String;Ljava/lang/String;)Ljava/lang/String;") {
			w.callees[i] = callee{key: true}
		}
		for lib, c := range clients {
			base, create := strings.HasPrefix(ref, c.base), strings.HasPrefix(ref, c.create)
			if base || create {
				w.callees[i] = callee{lib: lib, base: base, create: create}
			}
		}
	}
	for i := range uint32(d.NumFields()) {
		id, _ := d.Field(i)
		if b, _ := d.MUTF8(id.Name); string(b) != "metaData" {
			continue
		}
		if b, _ := d.MUTF8(d.TypeString(id.Class)); len(b) > maxClass {
			continue
		}
		for _, info := range infos {
			if d.Type(id.Class) == info {
				w.fields[i] = info
			}
		}
	}
	if len(w.callees) == 0 {
		return
	}
	w.walk()
}
