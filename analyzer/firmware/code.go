package firmware

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"romscan/analyzer/fact"
)

// instructionSets are the names of the folders that compiled code lies in (art/libartbase/arch/instruction_set.cc).
var instructionSets = []string{"arm", "arm64", "x86", "x86_64", "mips", "mips64", "riscv64"}

// codeEndings are those of files that hold an app's code beside it: of Dalvik and ART, what ART compiles from, metadata of
// the app's installer; and the first of them packed, as Samsung ships them.
var codeEndings = []string{".odex", ".vdex", ".oat", ".dm", ".odex.xz", ".odex.gz"}

// CodeOwner returns what the code in a file on the device belongs to, without its ending: "/system/app/X/X" for
// /system/app/X/oat/arm64/X.odex and for /system/app/X.odex beside X.apk; "" where the file is none that code lies in.
// Sources: dexopt of frameworks/native/cmds/installd, OatFileAssistant::DexLocationToOdexFilename of art, DexMetadataHelper.
func CodeOwner(device string) string {
	dir, base := path.Split(device)
	dir = strings.TrimSuffix(dir, "/")
	if name, ok := strings.CutSuffix(base, "@classes.dex"); ok && strings.Contains(dir, "/dalvik-cache") {
		return trimPackage("/" + strings.ReplaceAll(name, "@", "/"))
	}
	i := slices.IndexFunc(codeEndings, func(e string) bool { return strings.HasSuffix(base, e) })
	if i < 0 {
		return ""
	}
	if slices.Contains(instructionSets, path.Base(dir)) {
		dir = path.Dir(dir)
		if path.Base(dir) == "oat" {
			dir = path.Dir(dir)
		}
	}
	return dir + "/" + strings.TrimSuffix(base, codeEndings[i])
}

func trimPackage(device string) string {
	for _, e := range []string{".apk", ".jar", ".zip"} {
		if s, ok := strings.CutSuffix(device, e); ok {
			return s
		}
	}
	return device
}

// joinCode gives apps the code that lies beside them, and finds what is there twice: in the APK and beside it, or compiled
// for several processors. Of copies the one in the APK counts, else the first in tree order.
func (fw *Firmware) joinCode(byDevice map[string]*App) {
	apps := make(map[string]*App, len(byDevice))
	for device, a := range byDevice {
		apps[trimPackage(device)] = a
	}
	for _, a := range fw.Apps {
		apps[fw.besideKey(a.Unit).owner] = a
	}
	type code struct{ owner, size string }
	seen := map[code]bool{}
	beside := map[int]codeKey{}
	fw.coded = map[string]bool{}
	for i := range fw.Record.Units {
		d := find(fw.Record.Units[i].Facts, "dex")
		if d == nil {
			continue
		}
		key := fw.besideKey(i)
		fw.coded[key.owner] = true
		if key.beside {
			beside[i] = key
		} else if key.owner != "" {
			seen[code{key.owner, dexSize(d)}] = true
		}
	}
	joined := map[*App]bool{}
	for i := range fw.Record.Units {
		key, ok := beside[i]
		if !ok {
			continue
		}
		c := code{key.owner, dexSize(find(fw.Record.Units[i].Facts, "dex"))}
		if seen[c] {
			fw.copies[i] = true
			continue
		}
		seen[c] = true
		if a := apps[key.owner]; a != nil {
			fw.appOf[i] = a
			a.Units = append(a.Units, i)
			joined[a] = true
			if p := fw.Record.Units[i].File.Path; fw.Spots[i].Device == "" {
				fw.Spots[i] = Spot{Device: "/" + p[key.at].Name, Partition: a.Partition, Member: p[key.at+1:].String()}
			}
		}
	}
	for a := range joined {
		slices.SortFunc(a.Units, cmp.Compare[int])
	}
}

// dexSize identifies code by the sizes of its tables: optimisers change instructions and checksums, and leave these.
func dexSize(d *fact.Fact) string {
	var b strings.Builder
	for _, name := range []string{"strings", "types", "methods", "fields", "classes", "code"} {
		b.WriteString(d.Fields.Get(name) + " ")
	}
	return b.String()
}

// Copy tells whether the code in unit i is in another unit too, which counts: what is found in it would be found twice.
func (fw *Firmware) Copy(i int) bool { return fw.copies[i] }
