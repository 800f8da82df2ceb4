package analyzer

import (
	"bytes"
	"context"
	"encoding/gob"

	"romscan/analyzer/fact"
	"romscan/analyzer/firmware"
	"romscan/analyzer/image"
	"romscan/analyzer/store"
)

// Cache keeps what follows from the code of an app, for the next image that has the same app.
type Cache struct {
	Store *store.Store
	Build string // names this program, its tables included: other builds may see other things
}

// maxVariants bounds what is kept of one app: it may be met with several libraries, and with several answers of the image.
const maxVariants = 4

// keptFlows is what is kept under one [flowKey], what was put there last first.
type keptFlows struct{ Variants []variant }

// variant is a followed with units counted among those of the app's code and without paths, and what it rests on besides its
// key.
type variant struct {
	Rests rests
	Found []byte // the followed, so that one that does not fit is not decoded
}

// cached returns what compute does, from the cache where the same app was seen before.
func (r *reader) cached(ctx context.Context, rec *fact.Record, fw *firmware.Firmware, app *firmware.App, compute func() (followed, *basis)) followed {
	units := r.codeOf(rec, fw, app)
	key, ok := r.flowKey(rec, fw, app, units)
	if !ok {
		out, _ := compute()
		return out
	}
	img := imageOf{r: r, rec: rec, fw: fw, app: app, units: units, lib: r.libs.of(fw, app)}
	var kept keptFlows
	var found *followed
	_ = image.Contain(func() error { // an entry that cannot be read is none
		data, ok := r.opt.Cache.Store.Get(key)
		if !ok {
			return nil
		}
		if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&kept); err != nil {
			kept = keptFlows{}
			return err
		}
		found = kept.fitting(&img)
		return nil
	})
	if found != nil {
		return *found
	}
	out, b := compute()
	if ctx.Err() != nil { // not all that follows
		return out
	}
	_ = image.Contain(func() error { // what cannot be kept was found all the same
		moved, whole := out.anywhere(&img)
		if on, ok := img.restsOf(b); ok && whole {
			r.keep(key, kept.Variants, moved, on)
		}
		return nil
	})
	return out
}

// fitting returns what was found where the image was as this one is, nil where it never was.
func (k *keptFlows) fitting(img *imageOf) *followed {
	for _, v := range k.Variants {
		var found followed
		if img.holds(&v.Rests) && gob.NewDecoder(bytes.NewReader(v.Found)).Decode(&found) == nil && found.place(img) {
			return &found
		}
	}
	return nil
}

// keep adds a variant to those of an app.
func (r *reader) keep(key store.Key, others []variant, found followed, on rests) {
	var data, all bytes.Buffer
	if gob.NewEncoder(&data).Encode(found) != nil {
		return
	}
	list := append([]variant{{on, data.Bytes()}}, others...)
	if gob.NewEncoder(&all).Encode(keptFlows{list[:min(len(list), maxVariants)]}) == nil {
		_ = r.opt.Cache.Store.Put(key, all.Bytes()) // a full disk makes the next scan slower, not this one wrong
	}
}
