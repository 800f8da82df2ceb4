package zip

import (
	"slices"

	"romscan/analyzer/image"
)

// compare reads each entry's local header and marks where it contradicts the directory. What Android takes from
// it is the length of name and extra field (libziparchive: FindEntry).
func (f *FS) compare() {
	w := &window{r: f.r, size: f.size, step: 256}
	for _, e := range f.entries {
		if e.local {
			continue
		}
		if !w.readLocalHeader(e, e.Header) {
			e.mark(BadOffset)
			e.Data = -1
			continue
		}
		if e.localName != e.Raw {
			e.mark(NameMismatch)
		}
		if e.LocalMethod != e.Method {
			e.mark(MethodMismatch)
		}
		if e.LocalFlags&flagDescriptor == 0 && !e.sizesAgree() {
			e.mark(SizeMismatch)
		}
	}
}

func (e *Entry) sizesAgree() bool {
	same := func(local, central int64) bool { return local == central || local == max32 }
	return same(e.LocalCompressed, e.Compressed) && same(e.LocalUncompressed, e.Uncompressed)
}

// decide settles how an entry is read. Honest entries cost nothing; the others are decoded in every way that some
// reader would try, and the one that yields content stands.
func (f *FS) decide(e *Entry) {
	if e.Mode.IsDir() && e.Uncompressed == 0 {
		e.read = reading{}
		return
	}
	if e.Data < 0 {
		e.read.err = image.Errorf(image.Malformed, e.Header, "no local header at the offset the directory states")
		e.read.size = min(e.Uncompressed, bound(deflated, f.size))
		return
	}
	if f.left <= 0 && slices.Contains(e.Tricks, Overlapping) {
		// Thousands of entries over the same bytes are a bomb of their own (https://www.bamsoftware.com/hacks/zipbomb/).
		e.read.err = image.Errorf(image.OverBudget, e.Data, "one more entry over bytes that are others' too")
		e.read.size = min(e.Uncompressed, bound(deflated, f.size))
		return
	}
	encrypted := (e.Flags|e.LocalFlags)&flagEncrypted != 0
	known := e.Method == stored || e.Method == deflated
	room := max(f.size-e.Data, 0)
	honest := known && !encrypted && len(e.Tricks) == 0 && (e.Method != stored || e.Compressed == e.Uncompressed) &&
		e.Compressed <= room && e.Uncompressed <= bound(e.Method, e.Compressed)
	supported := e.Method == bzipped || e.Method == zstdOld || e.Method == zstdNew
	if honest || (supported && !encrypted && e.LocalMethod == e.Method) {
		e.read = reading{method: e.Method, stored: min(e.Compressed, room), size: e.Uncompressed}
		e.read.size = min(e.read.size, bound(e.Method, e.read.stored))
		return
	}
	best, score := f.best(e, room)
	e.explain(best, score, room, encrypted, known)
}

// bound is the most content a method can make of n bytes: a larger claim is a lie that must not count against
// the run's budget. 1032 is the limit of deflate (RFC 1951: 258 bytes out of 2 bits).
func bound(method uint16, n int64) int64 {
	n = min(n, 1<<40)
	switch method {
	case stored:
		return n
	case deflated:
		return 1032*n + 64
	}
	return n << 16
}

// best tries the readings of the directory, of the local header and of Android's rule for unknown methods:
// deflate, except that AndroidManifest.xml and resources.arsc are taken as stored with the compressed size set to
// the uncompressed one (AOSP libs/androidfw ZipAssetsProvider).
func (f *FS) best(e *Entry, room int64) (reading, int) {
	limit := room
	if f.dir > e.Data {
		limit = f.dir - e.Data
	}
	inflate := reading{method: deflated, stored: limit, size: -1}
	plain := reading{method: stored, stored: e.Uncompressed, size: e.Uncompressed}
	var list []reading
	if e.Method == deflated || (e.Method != stored && e.Raw != "AndroidManifest.xml" && e.Raw != "resources.arsc") {
		list = append(list, inflate, plain)
	} else {
		list = append(list, plain, inflate)
	}
	for _, n := range []int64{e.Compressed, e.LocalUncompressed, e.LocalCompressed} {
		if n != e.Uncompressed && n <= room {
			list = append(list, reading{method: stored, stored: n, size: n})
		}
	}
	if e.Method == bzipped || e.Method == zstdNew || e.Method == zstdOld {
		list = append(list, reading{method: e.Method, stored: min(e.Compressed, room), size: e.Uncompressed})
	}
	best, top := list[0], 0
	for _, rd := range list {
		if rd.stored > room {
			continue
		}
		t := f.try(e, rd)
		if s := e.score(rd, t); s > top {
			best, top = rd, s
			if t.clean {
				best.stored, best.size = max(t.used, 0), t.n
			} else if rd.size < 0 {
				best.stored, best.size = min(e.Compressed, room), min(max(e.Uncompressed, t.n), bound(rd.method, room))
			}
		}
		if top == 100 {
			break
		}
	}
	return best, top
}

// explain marks what the winning reading shows, or says why there is none.
func (e *Entry) explain(best reading, score int, room int64, encrypted, known bool) {
	e.read = best
	switch {
	case encrypted && score < 50 && best.size != 0, e.Method == aes && score < 50:
		e.read.err = image.Errorf(image.Encrypted, e.Data, "encrypted entry")
	case encrypted:
		e.mark(EncryptionBit)
	}
	if e.read.err != nil {
		e.read.method, e.read.stored = stored, 0
		e.read.size = min(e.Uncompressed, bound(deflated, room))
		return
	}
	switch {
	case !known && score >= 50:
		e.mark(UnknownMethod)
	case !known:
		e.read.err = image.Errorf(image.Unsupported, e.Data, "compression method %d", e.Method)
		e.read.size = min(e.Uncompressed, bound(deflated, room))
		return
	}
	if score == 0 && e.read.size < 0 { // no reading gives content, or trials are used up: the directory's word stands
		n := min(e.Compressed, room)
		e.read = reading{method: e.Method, stored: n, size: min(e.Uncompressed, bound(e.Method, n))}
	}
	if e.Compressed > room {
		if score < 50 {
			e.read = reading{method: e.Method, stored: room, size: min(e.Uncompressed, bound(e.Method, room))}
			e.mark(CutOff)
			return
		}
		e.mark(SizeMismatch)
	}
	if score > 0 && (e.read.size != e.Uncompressed || (e.Method == stored && e.Compressed != e.Uncompressed)) {
		e.mark(SizeMismatch)
	}
	if score > 0 && known && e.read.method != e.Method {
		e.mark(MethodMismatch)
	}
}
