package dataflow

import "strings"

// Meta-data of the manifest is known: of the application, and of each component. An app that looks for components of others finds the
// addresses of their providers in it.

// metaField is the field of android.content.pm.PackageItemInfo that holds it.
const metaField = "metaData:L"

// metaPlace names the place of the meta-data of a component's class, or of the application where that is "".
func metaPlace(class string) node { return node{kind: kStore, s: "meta:" + class} }

// opInfo is what the package manager, or a context, knows of the app or of one of its components; of others nothing is known.
func opInfo(f *frame, c *call) (value, bool) {
	a := f.a
	place, known := "", true
	if len(c.r.params) > 0 {
		asked := f.text(c.at(1))
		if c.r.params[0] == "Landroid/content/ComponentName;" {
			asked = a.load(f.s, c.at(1), classField)
		}
		if a.t.symbolic(asked) || a.t.symbolic(c.at(1)) {
			return nothing, true
		}
		at, _ := a.t.single(asked)
		switch n := a.t.node(at); {
		case n.kind == kStr && n.s == a.app.Package && n.s != "":
		case n.kind == kClass && a.app.component(n.s) != nil:
			place = n.s
		default:
			known = false
		}
	}
	if !known {
		v := a.t.join(a.labels(f.params(c)), a.t.of(node{kind: kApi, a: c.site, s: c.r.String()}))
		if a.u.asksPackage(c.r) {
			v = a.t.join(v, a.installed(f.text(c.at(1))))
		}
		return v, false
	}
	v := f.object(c.r.ret)
	a.store(f.s, v, metaField, a.t.of(metaPlace(place)))
	return v, false
}

// anyMeta stands for the class of a component of which it is not known whose it is.
const anyMeta = "?"

// ofOthers is meta-data, of which any app's may be what it is not known of whose it is.
func (a *analysis) ofOthers(v value) value {
	if len(a.app.Offered) == 0 || v != nothing && v != a.t.any() {
		return v
	}
	return a.t.of(metaPlace(anyMeta))
}

// meta is what meta-data holds under a key, as text; false for what is no meta-data.
func (f *frame) meta(c *call, at atom, key string) (value, bool) {
	a := f.a
	n := a.t.node(at)
	class, ok := strings.CutPrefix(n.s, "meta:")
	if n.kind != kStore || !ok {
		return nothing, false
	}
	switch c.r.name {
	case "getString", "getCharSequence", "get":
	default:
		return a.any(), true
	}
	if v := a.metaOf(class, key); v != nothing {
		return v, true
	}
	if class == anyMeta {
		v := a.t.any()
		for _, s := range a.app.Offered[strings.Trim(key, "[]")] {
			v = a.t.join(v, a.t.str(s))
		}
		return v, true
	}
	if c.r.name == "getString" && len(c.r.params) == 1 && !strings.ContainsAny(key, "*?") && a.app.Package != "" {
		return a.t.num(0), true // null: the manifest was read
	}
	return a.any(), true
}

// metaOf returns the texts that meta-data of a component has under a key.
func (a *analysis) metaOf(class, key string) value {
	out := nothing
	for _, s := range a.app.Meta[class][strings.TrimSuffix(strings.TrimPrefix(key, "["), "]")] {
		out = a.t.join(out, a.t.str(s))
	}
	return out
}

// metaText is metaOf for who does not know how a key is asked for: what may be a number or a truth value is left out.
func (a *analysis) metaText(n *node, key string) value {
	class, ok := strings.CutPrefix(n.s, "meta:")
	if n.kind != kStore || !ok {
		return nothing
	}
	v := a.metaOf(class, key)
	for _, at := range a.t.atomsOf(v) {
		if s := a.t.node(at).s; !strings.ContainsAny(s, "./:") || strings.Trim(s, "-+.0123456789eE") == "" {
			return nothing
		}
	}
	return v
}
