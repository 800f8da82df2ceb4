package firmware

import (
	"slices"
	"strconv"
	"strings"

	"romscan/analyzer/fact"
)

// permissionStates says, for each permission an app asks for, what this image grants without asking anybody.
// It needs the declarations of the image itself (framework-res and the other apps); a permission nobody
// declares stays unknown.
func (fw *Firmware) permissionStates(a *App) []fact.Fact {
	decl := fw.declared()
	grants := fw.grants(a.Package)
	var out []fact.Fact
	for _, f := range fw.Record.Units[a.Unit].Facts {
		if f.Kind != "permission" {
			continue
		}
		f.Fields = f.Fields.With("state", fw.permissionState(a, f.Fields.Get("name"), decl, grants))
		out = append(out, f)
	}
	return out
}

type declaration struct {
	protection []string
	by         *App
}

// declared lists the permissions the image defines; of two declarations the platform's wins.
func (fw *Firmware) declared() map[string]declaration {
	if fw.declarations != nil {
		return fw.declarations
	}
	fw.declarations = map[string]declaration{}
	for _, a := range fw.Apps {
		for _, f := range fw.Record.Units[a.Unit].Facts {
			if f.Kind != "permission-declared" {
				continue
			}
			name := f.Fields.Get("name")
			if d, ok := fw.declarations[name]; !ok || (a.Package == "android" && d.by.Package != "android") {
				fw.declarations[name] = declaration{f.Fields.All("protection"), a}
			}
		}
	}
	return fw.declarations
}

type grantSet struct{ privapp, preset map[string]bool }

// grants collects what privapp-permissions and default-permissions files say of a package.
func (fw *Firmware) grants(pkg string) grantSet {
	if fw.grantSets == nil {
		fw.grantSets = map[string]grantSet{}
		for i := range fw.Record.Units {
			for _, f := range fw.Record.Units[i].Facts {
				if f.Kind != "privapp" && f.Kind != "default-grant" {
					continue
				}
				name := f.Fields.Get("package")
				g, ok := fw.grantSets[name]
				if !ok {
					g = grantSet{map[string]bool{}, map[string]bool{}}
					fw.grantSets[name] = g
				}
				if f.Kind == "default-grant" {
					g.preset[f.Fields.Get("permission")] = true
				} else if f.Fields.Get("allowed") != "no" {
					g.privapp[f.Fields.Get("permission")] = true
				}
			}
		}
	}
	return fw.grantSets[pkg]
}

// permissionState applies the rules of frameworks/base PermissionManagerService: signature by certificate,
// privileged by place (and, since Android 8, allow-list), dangerous at install time before Android 6.
func (fw *Firmware) permissionState(a *App, name string, decl map[string]declaration, g grantSet) string {
	d, ok := decl[name]
	if !ok {
		return "unknown"
	}
	has := func(p string) bool { return slices.Contains(d.protection, p) }
	if has("signature") || has("signatureOrSystem") {
		sameKey := d.by == a || a.Platform == "yes" && d.by.Platform == "yes" || len(a.Signers) > 0 && len(d.by.Signers) > 0 && a.Signers[0] == d.by.Signers[0]
		switch {
		case sameKey:
			return "signature"
		case a.Privileged && (has("privileged") || has("system") || has("signatureOrSystem")):
			if fw.Identity.SDK < 26 || g.privapp[name] {
				return "privileged"
			}
		}
		return "unknown"
	}
	if !has("dangerous") {
		return "normal"
	}
	target, _ := strconv.Atoi(a.TargetSDK)
	if g.preset[name] || fw.Identity.SDK > 0 && fw.Identity.SDK < 23 || target > 0 && target < 23 || strings.HasPrefix(a.SharedUID, "android.uid.system") {
		return "pre-granted"
	}
	return "runtime"
}
