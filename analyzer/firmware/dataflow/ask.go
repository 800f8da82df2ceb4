package dataflow

import (
	"slices"
	"strings"
)

// Ask is what a condition wants of a value that another app puts somewhere.
type Ask struct {
	Channel string // of an intent without a key: that it comes at all
	Rel     uint8
	Numbers []int64
	Text    string
	IsText  bool
}

// Write is what an app puts where others read it: no personal data, but what may decide whether some is sent.
type Write struct {
	Channel string
	Numbers []int64
	Texts   []string
	Open    bool // it may be something else
	Why     Why
}

// Why says what an app does something for, as far as consent is concerned: Shown is that a screen comes up, Either that it is
// not known whether it happens without the user's choice.
type Why struct{ Tap, User, Automatic, Remote, Shown, Either bool }

func whyOf(l label) Why {
	return Why{Tap: l&byTap != 0, User: l&byUser != 0, Automatic: l&automatic != 0}
}

// Meets reports whether what is written lets the condition hold.
func (q *Ask) Meets(w *Write) bool {
	if w.Open || !q.IsText && len(q.Numbers) == 0 {
		return true
	}
	if q.IsText {
		return slices.ContainsFunc(w.Texts, func(s string) bool { return (s == q.Text) == (relation(q.Rel) == equal) })
	}
	return slices.ContainsFunc(w.Numbers, func(n int64) bool { return anyHolds(relation(q.Rel), n, q.Numbers) })
}

// Verdict judges a condition by those who let it hold, and by those who can keep it from holding: as [reachability.cell]
// does for what one app writes itself. False where nobody was found.
func Verdict(lets, others []Why, offByDefault bool) (string, bool) {
	var all Why
	for _, w := range lets {
		all.Automatic = all.Automatic || w.Automatic && !w.Tap && !w.Remote
		all.Remote, all.Tap, all.User = all.Remote || w.Remote, all.Tap || w.Tap, all.User || w.User
		all.Shown, all.Either = all.Shown || w.Shown, all.Either || w.Either
	}
	switch {
	case all.Automatic:
		return guardNone.String(), true
	case all.Remote:
		return guardRemote.String(), true
	case all.Shown && offByDefault: // whatever the user does then
		return guardNotice.String(), true
	case all.Either:
		return guardUnknown.String(), true
	case all.Tap && offByDefault:
		return guardOptIn.String(), true
	case all.Tap:
		return guardUnknown.String(), true
	case all.User, slices.ContainsFunc(others, func(w Why) bool { return w.Tap }):
		return guardNotice.String(), true
	}
	return "", false
}

// asks lists the channels that decide what a cell holds.
func (r *reachability) asks(k slot, c cond) (out []Ask) {
	a := r.a
	q := Ask{Rel: uint8(c.rel)}
	q.Text, q.IsText = a.t.text(c.y)
	if !q.IsText {
		ns, ok := a.numbers(c.y)
		if !ok {
			return nil
		}
		q.Numbers = ns
	}
	add := func(ch string) {
		q.Channel = ch
		if ch != "" && !strings.HasSuffix(ch, ":"+wildcard) && !slices.ContainsFunc(out, func(o Ask) bool { return o.Channel == ch }) {
			out = append(out, q)
		}
	}
	for _, at := range a.t.atomsOf(a.foreign(k.base, k.field)) {
		add(a.types[a.t.node(at).a])
	}
	for _, w := range a.cellLog[k] {
		open := false
		for _, at := range a.t.atomsOf(a.expand(w.v)) {
			if n := a.t.node(at); n.kind == kSource && IsChannel(a.types[n.a]) {
				add(a.types[n.a])
				open = true
			}
		}
		if open || w.by == nil || r.why[w.by] != byOtherApp {
			continue
		}
		if ns, ok := a.numbers(a.expand(w.v)); !ok || q.IsText || slices.ContainsFunc(ns, func(n int64) bool { return anyHolds(c.rel, n, q.Numbers) }) {
			if class := a.entries[w.by]; class != "" {
				all := q
				q = Ask{}
				add("intent:" + class)
				q = all
			}
		}
	}
	return out
}

// exportWrites notes what the app writes to settings and to what else other apps may read.
func (r *Result) exportWrites() {
	a := r.a
	for _, b := range a.stores() {
		ch := a.channel(b)
		kind, rest, _ := strings.Cut(a.t.node(b).s, ":")
		if kind == "pref" && ch == "" && rest != wildcard {
			ch = "pref:" + a.app.Package + "/" + rest
		}
		if kind != "settings" && kind != "pref" || ch == "" {
			continue
		}
		for _, field := range a.cellsOf[b] {
			if !strings.HasPrefix(field, "[") || field == "[?]" {
				continue
			}
			if kind == "pref" && !a.worldly[a.t.node(b).s] {
				continue
			}
			r.Writes = append(r.Writes, r.reach.exported(ch+":"+strings.Trim(field, "[]"), slot{b, field})...)
		}
	}
}

// writeOf spells what a value may be.
func (a *analysis) writeOf(ch string, v value, why Why) Write {
	w := Write{Channel: ch, Why: why}
	v = a.expand(v)
	w.Why.Remote = why.Remote || a.fromServer(v, 0)
	if list := a.t.atomsOf(v); len(list) == 0 {
		w.Open = true
	}
	for _, at := range a.t.atomsOf(v) {
		switch n := a.t.node(at); n.kind {
		case kInt, kWhen:
			w.Numbers = append(w.Numbers, n.n)
		case kStr:
			w.Texts = append(w.Texts, n.s)
		default:
			w.Open = true
		}
	}
	return w
}
