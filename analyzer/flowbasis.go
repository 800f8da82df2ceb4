package analyzer

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"

	"romscan/analyzer/fact"
	"romscan/analyzer/firmware"
	"romscan/analyzer/firmware/dataflow"
)

// basis gathers, while an app is looked at, what the result depends on that no key can hold beforehand.
type basis struct {
	props    []dataflow.PropAsked
	packages []string          // of which it was asked whether the image has them
	files    []string          // of which it was asked whether anything makes them
	lib      *dataflow.Program // notes what is asked of it
	texts    map[uint32]bool   // entries of the table of resources
	names    map[string]bool   // what was looked for among the strings outside the code
}

// newBasis begins one; where nothing is kept, nothing is gathered.
func newBasis(lib *dataflow.Program, kept bool) *basis {
	if !kept {
		return &basis{lib: lib}
	}
	return &basis{lib: lib.Watched(), texts: map[uint32]bool{}, names: map[string]bool{}}
}

// named notes that a name was looked for.
func (b *basis) named(name string) {
	if b.names != nil {
		b.names[name] = true
	}
}

// strings notes which texts of resources are asked for.
func (b *basis) strings(about *dataflow.App) {
	if texts := about.Strings; texts != nil && b.texts != nil {
		about.Strings = func(id uint32) []string { b.texts[id] = true; return texts(id) }
	}
}

// rests is what a result rests on besides its key: questions to the image, and the answers then. Where the image of today
// gives the same ones the result is the same.
type rests struct {
	Props    []propAnswer
	Packages []packageAnswer
	Files    []fileAnswer
	Texts    []textAnswer
	Names    []byte // hashes of the names that were looked for, ascending, each less the one before
	Found    [sha256.Size]byte
	Linked   *dataflow.Consulted
}

type propAnswer struct {
	Asked  dataflow.PropAsked
	Answer string
}

type packageAnswer struct {
	Name  string
	There bool
}

type fileAnswer struct {
	Path   string
	Absent bool
}

type textAnswer struct {
	ID  uint32
	Sum [sha256.Size]byte
}

// imageOf is an app where it lies now.
type imageOf struct {
	r     *reader
	rec   *fact.Record
	fw    *firmware.Firmware
	app   *firmware.App
	units []int             // of its code
	lib   *dataflow.Program // that it is linked to
	texts func(id uint32) []string
	asked bool // texts were
}

// restsOf puts the questions of an analysis to the image; false where not all can be answered.
func (img *imageOf) restsOf(b *basis) (rests, bool) {
	props := img.fw.Properties()
	var out rests
	linked, ok := b.lib.Consulted()
	out.Linked = linked
	for _, q := range b.props {
		out.Props = append(out.Props, propAnswer{q, q.Answer(props)})
	}
	if len(b.packages) > 0 {
		there := packagesOf(img.fw)
		for _, name := range b.packages {
			out.Packages = append(out.Packages, packageAnswer{name, there[name]})
		}
	}
	for _, path := range b.files {
		out.Files = append(out.Files, fileAnswer{path, img.r.absent(img.rec, img.fw, path)})
	}
	for _, id := range slices.Sorted(maps.Keys(b.texts)) {
		out.Texts = append(out.Texts, textAnswer{id, img.text(id)})
	}
	var hashes []uint32
	for name := range b.names {
		hashes = append(hashes, dataflow.HashOf(name))
	}
	out.Names = dataflow.PackHashes(hashes)
	out.Found = img.names(out.Names)
	return out, ok
}

// holds reports whether the image gives the answers that a result rests on.
func (img *imageOf) holds(on *rests) bool {
	props := img.fw.Properties()
	return !slices.ContainsFunc(on.Props, func(p propAnswer) bool { return p.Asked.Answer(props) != p.Answer }) &&
		!slices.ContainsFunc(on.Files, func(f fileAnswer) bool { return img.r.absent(img.rec, img.fw, f.Path) != f.Absent }) &&
		img.packages(on.Packages) && img.lib.Agrees(on.Linked) && img.names(on.Names) == on.Found &&
		!slices.ContainsFunc(on.Texts, func(t textAnswer) bool { return img.text(t.ID) != t.Sum })
}

// packages reports whether the image has those packages that another had, and lacks those that it lacked.
func (img *imageOf) packages(list []packageAnswer) bool {
	if len(list) == 0 {
		return true
	}
	there := packagesOf(img.fw)
	return !slices.ContainsFunc(list, func(p packageAnswer) bool { return there[p.Name] != p.There })
}

// text is the digest of a text of a resource in all configurations.
func (img *imageOf) text(id uint32) [sha256.Size]byte {
	if !img.asked {
		img.asked, img.texts = true, img.r.appOf(img.rec, img.fw, img.app).Strings
	}
	var list []string
	if img.texts != nil {
		list = img.texts(id)
	}
	return sha256.Sum256(fmt.Appendf(nil, "%q", list))
}

// names is the digest of those strings outside an app's code that may be among the names that were looked for. Where it is the
// same, each of the names was found if and only if it is found now.
func (img *imageOf) names(looked []byte) [sha256.Size]byte {
	among, ok := dataflow.UnpackHashes(looked)
	if !ok || len(among) == 0 {
		return [sha256.Size]byte{}
	}
	var list []string
	for s := range namesIn(img.rec, img.app, img.units) {
		if _, ok := slices.BinarySearch(among, dataflow.HashOf(s)); ok {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, cmp.Compare)
	return sha256.Sum256(fmt.Appendf(nil, "%q", slices.Compact(list)))
}
