package dataflow

import "slices"

// What is on by default, and is turned off where a server answered with an error, is nobody's choice: a user may start what asks
// the server, and chooses nothing by that. Nor is it the server that lets the data go: it goes before the first answer. So nothing
// counts as standing there, where the same code turns it off without a user as well. Where only what a user does leads to the
// request, the request may be what tells the server of a choice, and the answer that it was heard; and what is written under a name
// that is computed may be the same setting: that is not decided. What leads to the request is what leads to the instruction that turns
// the setting off, whoever calls it: to a client that each caller makes for itself, the server says the same.

// offByAnswer reports whether all that a user's action leads to and that may turn a setting off stands behind an answer of a server,
// and something does; alone, whether the code of each of it runs without a user as well, and no other app writes it, nor anything
// under a name that is not known. Of what is written under conditions that are not, it cannot be said.
func (r *reachability) offByAnswer(k slot, c cond) (offs, alone bool) {
	a := r.a
	if a.keptLost || a.t.node(k.base).kind != kStore {
		return false, false
	}
	c.rel = negated[c.rel] // that it is off
	for _, b := range a.stores() {
		if b != k.base && isPreference(a.t.node(b).s) && len(a.cellLog[slot{b, k.field}]) > 0 && (a.t.node(b).s == "pref:*" || a.t.node(k.base).s == "pref:*") {
			return false, false
		}
	}
	for _, w := range a.cellLog[k] {
		if !r.mayHold(c, w.v) || w.by != nil && r.why[w.by]&byTap == 0 {
			continue
		}
		if w.by == nil || !r.explained(k, c, w.v) {
			return false, false
		}
	}
	alone = len(a.cellLog[slot{k.base, "[?]"}]) == 0 && a.foreign(k.base, k.field) == nothing
	whys := map[[2]uint32]label{} // of the code that writes it, whoever calls that
	for i := range a.kept[k] {
		w := &a.kept[k][i]
		if !r.mayHold(c, w.v) {
			continue
		}
		for _, s := range r.switching(k, c, w, byTap|byUser) {
			if !r.answered(s) {
				return false, false
			}
			offs = true
		}
		why, _ := r.whyOf(&w.settledEvent)
		code := [2]uint32{w.site}
		if calls := a.chains.list(w.chain); len(calls) > 0 {
			code[1] = a.instruction(calls[len(calls)-1])
		}
		whys[code] |= why
	}
	for _, why := range whys {
		alone = alone && why&(automatic|byOtherApp) != 0
	}
	return offs, alone
}

// answered reports whether one of several conditions, or one on each of several ways, is what a server answered.
func (r *reachability) answered(s condset) bool {
	a := r.a
	return slices.ContainsFunc(a.c.sets[s], func(id uint32) bool {
		c := a.c.conds[id]
		if ways, open, ok := a.waysOf(c); ok {
			return !open && !slices.ContainsFunc(ways, func(w condset) bool { return !r.answered(w) })
		}
		return a.isAnswer(c.x) || a.isAnswer(c.y)
	})
}

// isAnswer reports whether a value is what a server answered, whatever else it may be being constants.
func (a *analysis) isAnswer(v value) bool {
	found := false
	for _, at := range a.t.atomsOf(v) {
		switch n := a.t.node(a.core(at)); {
		case n.kind == kInt || n.kind == kStr:
		case n.kind == kApi && statusCalls[n.s], a.fromServer(a.t.one(at), 0):
			found = true
		default:
			return false
		}
	}
	return found
}

// statusCalls say what became of a request.
var statusCalls = map[string]bool{
	"Ljava/net/HttpURLConnection;->getResponseCode()I":                     true,
	"Ljava/net/HttpURLConnection;->getResponseMessage()Ljava/lang/String;": true,
	"Lorg/apache/http/StatusLine;->getStatusCode()I":                       true,
}
