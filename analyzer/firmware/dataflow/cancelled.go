package dataflow

import "slices"

// A pending intent that is made to cancel an alarm, and for nothing else, starts nothing: it only says which alarm is meant
// (android.app.AlarmManager#cancel). Nor does one that is looked up and not made where there is none (FLAG_NO_CREATE): what it
// starts was asked for where it was made.

const (
	pendingType = "Landroid/app/PendingIntent;"
	noCreate    = 1 << 29 // android.app.PendingIntent#FLAG_NO_CREATE
)

// pendingUse is what a method does with a pending intent that it made.
type pendingUse struct {
	made      []eventKey // the events that say that it may start something
	cancelled bool
	used      bool // for anything else
}

// lookedUp reports whether a call makes no pending intent but finds one.
func (f *frame) lookedUp(c *call) bool {
	flags, ok := f.a.t.number(c.at(4))
	return ok && flags&noCreate != 0
}

// makesPending notes which event says that a pending intent may start something.
func (f *frame) makesPending(v value, c *call) {
	at, one := f.a.t.single(v)
	if !one {
		return
	}
	if f.pendings == nil {
		f.pendings = map[atom]*pendingUse{}
	}
	if f.pendings[at] == nil {
		f.pendings[at] = &pendingUse{}
	}
	u := f.pendings[at]
	u.made = append(u.made, eventKey{evStart, c.site, 0, c.r.String()})
}

// usesPending notes what a call does with pending intents.
func (f *frame) usesPending(r *methodRef, args []value) {
	if len(f.pendings) == 0 {
		return
	}
	cancels := r.name == "cancel" && (r.class == "Landroid/app/AlarmManager;" || r.class == pendingType)
	for _, v := range args {
		for _, at := range f.a.t.atomsOf(v) {
			if u := f.pendings[at]; u != nil {
				u.cancelled = u.cancelled || cancels
				u.used = u.used || !cancels
			}
		}
	}
}

// cancels drops what the pending intents start that the method made to cancel an alarm only.
func (f *frame) cancels() {
	for at, u := range f.pendings {
		if !u.cancelled || u.used || f.keeps(at) {
			continue
		}
		for i := range f.events {
			e := &f.events[i]
			if e.kind == evStart && e.chain == 0 && e.ref != nil && slices.Contains(u.made, eventKey{evStart, e.site, 0, e.ref.String()}) {
				e.kind = evGone
			}
		}
	}
}

// keeps reports whether a method hands an object back, or leaves it anywhere.
func (f *frame) keeps(at atom) bool {
	if f.a.contains(f.returns, at) || f.a.contains(f.throws, at) {
		return true
	}
	for _, b := range f.s.bases() {
		for _, k := range f.a.slots(f.s, b) {
			if f.a.contains(f.s.at(k), at) {
				return true
			}
		}
	}
	return false
}
