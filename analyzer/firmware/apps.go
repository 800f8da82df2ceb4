package firmware

import (
	"sort"
	"strings"

	"romscan/analyzer/fact"
)

// App is a package as this image installs it: an APK and everything inside it.
type App struct {
	Package     string
	Device      string // device path of the APK
	Partition   string
	VersionCode string
	VersionName string
	SharedUID   string
	TargetSDK   string
	Unit        int      // the APK's index in Record.Units
	Units       []int    // the APK, its members and the code beside it, in tree order
	Signers     []string // sha256 of certificates, in the order of the APK
	AOSPKey     string   // which public AOSP test key signed it, "" for none
	Privileged  bool     // installed under priv-app, or under app/ and framework/ of releases before priv-app existed
	Platform    string   // yes, no, unknown: signed with the key of the package "android"
	Persistent  bool
	Program     bool    // no APK: code that runs without being an app; see Firmware.Programs
	Starts      []Start // where its code begins besides what the manifest says
	alone       bool    // outside a device's tree
	Derived     []fact.Fact
}

// Path prints where the app is.
func (a *App) Path() string { return a.Device }

// gatherApps finds the APKs: units with a package fact, the members below them and the code beside them. An APK inside an
// app (an asset loaded later) belongs to the app around it.
func (fw *Firmware) gatherApps() {
	byDevice := map[string]*App{}
	for i := range fw.Record.Units {
		s := fw.Spots[i]
		if a := byDevice[s.Device]; a != nil && s.Device != "" && s.Member != "" {
			a.Units = append(a.Units, i)
			fw.appOf[i] = a
			continue
		}
		pkg := find(fw.Record.Units[i].Facts, "package")
		if pkg == nil || s.Member != "" {
			continue
		}
		a := &App{
			Package: pkg.Fields.Get("name"), Device: s.Device, Partition: s.Partition, Unit: i, Units: []int{i},
			VersionCode: pkg.Fields.Get("version_code"), VersionName: pkg.Fields.Get("version_name"),
			SharedUID: pkg.Fields.Get("shared_uid"), TargetSDK: pkg.Fields.Get("target_sdk"), Persistent: pkg.Fields.Get("persistent") == "yes",
		}
		if a.Device == "" { // an APK scanned on its own
			a.alone = true
			a.Device = "/" + fw.Record.Units[i].File.Path.Name()
			fw.Spots[i].Device = a.Device
		}
		for _, f := range fw.Record.Units[i].Facts {
			if f.Kind == "certificate" {
				a.Signers = append(a.Signers, f.Fields.Get("sha256"))
				if k := f.Fields.Get("aosp_key"); k != "" {
					a.AOSPKey = k
				}
			}
		}
		byDevice[a.Device] = a
		fw.appOf[i] = a
		fw.Apps = append(fw.Apps, a)
	}
	fw.adoptMembers(byDevice)
	fw.joinCode(byDevice)
	fw.joinLoaded()
	sort.SliceStable(fw.Apps, func(i, j int) bool {
		if fw.Apps[i].Package != fw.Apps[j].Package {
			return fw.Apps[i].Package < fw.Apps[j].Package
		}
		return fw.Apps[i].Device < fw.Apps[j].Device
	})
}

// adoptMembers finds the members of APKs that were scanned on their own, outside any file system.
func (fw *Firmware) adoptMembers(byDevice map[string]*App) {
	for i := range fw.Record.Units {
		if fw.appOf[i] != nil {
			continue
		}
		p := fw.Record.Units[i].File.Path
		for n := len(p) - 1; n > 0 && fw.Spots[i].Device == ""; n-- {
			a := byDevice["/"+p[n-1].Name]
			if a == nil || fw.Record.Units[a.Unit].File.Path.String() != p[:n].String() {
				continue
			}
			a.Units = append(a.Units, i)
			fw.appOf[i] = a
			fw.Spots[i] = Spot{Device: a.Device, Partition: a.Partition, Member: p[n:].String()}
		}
	}
}

func find(facts []fact.Fact, kind fact.Kind) *fact.Fact {
	for i := range facts {
		if facts[i].Kind == kind {
			return &facts[i]
		}
	}
	return nil
}

// rankApps decides who is privileged. /system/priv-app exists since Android 4.4 (frameworks/base
// PackageManagerService, FLAG_PRIVILEGED); before, every app of the system partition could hold
// signatureOrSystem permissions.
func (fw *Firmware) rankApps() {
	platform := map[string]bool{}
	for _, a := range fw.Apps {
		if a.Package == "android" {
			for _, s := range a.Signers {
				platform[s] = true
			}
		}
	}
	if len(platform) == 0 {
		for _, a := range fw.Apps {
			if a.SharedUID == "android.uid.system" {
				for _, s := range a.Signers {
					platform[s] = true
				}
			}
		}
	}
	for _, a := range fw.Apps {
		a.Privileged = strings.Contains(a.Device, "/priv-app/") || strings.HasPrefix(a.Device, "/system/framework/") ||
			fw.Identity.SDK > 0 && fw.Identity.SDK < 19 && strings.HasPrefix(a.Device, "/system/app/")
		a.Platform = "unknown"
		if len(platform) > 0 && len(a.Signers) > 0 {
			a.Platform = "no"
			for _, s := range a.Signers {
				if platform[s] {
					a.Platform = "yes"
				}
			}
		}
	}
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// fact describes the app to signatures.
func (a *App) fact() fact.Fact {
	signer := ""
	if len(a.Signers) > 0 {
		signer = a.Signers[0]
	}
	at := fact.Nowhere()
	return fact.Fact{Kind: "app", At: at, Fields: fact.F(
		"name", a.Package, "privileged", yesNo(a.Privileged), "platform_signed", a.Platform, "aosp_key", a.AOSPKey,
		"shared_uid", a.SharedUID, "removable", yesNo(a.Partition == "data" || strings.Contains(a.Partition, "preload")),
		"version_code", a.VersionCode, "version_name", a.VersionName, "signer", signer,
	)}
}
