package analyzer

import (
	"slices"

	"romscan/analyzer/image"
)

// anywhere returns a copy that does not say where the app and its libraries lie: it counts units among the app's, and of what
// stands in a library only the method and the place in it are left.
func (f followed) anywhere(img *imageOf) (followed, bool) {
	whole := true
	move := func(list []placed) []placed {
		out := slices.Clone(list)
		for i := range out {
			out[i].Unit = slices.Index(img.units, out[i].Unit)
			at := &out[i].Fact.At
			whole = whole && out[i].Unit >= 0
			if at.Path = nil; at.In != nil {
				in, offset, ok := img.inLibrary(at.Member, at.Unit)
				whole = whole && ok && in.String() == at.In.String() && offset == at.Offset
				at.In, at.Offset = image.Path{{}}, 0
			}
		}
		return out
	}
	f.Facts, f.Taken, f.Tied, f.Gaps = move(f.Facts), move(f.Taken), move(f.Tied), slices.Clone(f.Gaps)
	for i := range f.Gaps {
		whole = whole && f.Gaps[i].At.String() == img.rec.Units[img.app.Unit].File.Path.String()
		f.Gaps[i].At = nil
	}
	return f, whole
}

// place turns what anywhere returned into what was found in this app.
func (f *followed) place(img *imageOf) bool {
	for _, list := range [][]placed{f.Facts, f.Taken, f.Tied} {
		for i := range list {
			if list[i].Unit < 0 || list[i].Unit >= len(img.units) {
				return false
			}
			list[i].Unit = img.units[list[i].Unit]
			at := &list[i].Fact.At
			if at.Path = img.rec.Units[list[i].Unit].File.Path; at.In == nil {
				continue
			}
			in, offset, ok := img.inLibrary(at.Member, at.Unit)
			if !ok {
				return false
			}
			at.Path, at.In, at.Offset = in, in, offset
		}
	}
	for i := range f.Gaps {
		f.Gaps[i].At = image.Path(img.rec.Units[img.app.Unit].File.Path)
	}
	return true
}

// inLibrary returns where an instruction of a library stands in this image: the file, and the byte in it.
func (img *imageOf) inLibrary(method string, addr int) (image.Path, int64, bool) {
	if img.lib == nil {
		return nil, 0, false
	}
	site, ok := img.lib.Locate(method, uint32(addr))
	if !ok {
		return nil, 0, false
	}
	return img.rec.Units[img.r.libs.unit[site.File()]].File.Path, place(site).Offset, true
}
