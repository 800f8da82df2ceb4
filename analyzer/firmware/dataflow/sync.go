package dataflow

import "slices"

// A sync adapter is a service that the system binds to once the rows of an authority are to be synchronised: on a schedule, and when
// an app asks for it, of whatever app the adapter is. Why the app asks is a reason of what the adapter does then. Others can bind
// to the service too, as to any that is exported and starts by itself: that is not told of either. Sources:
// android.content.ContentResolver, AbstractThreadedSyncAdapter; frameworks/base SyncManager#scheduleSync,
// SyncStorageEngine#setSyncAutomatically and #setIsSyncable, which ask for a sync where they switch it on.

// askSync is the kind of an event that asks for the sync of an authority, which stands in the place of an action.
const askSync = "sync"

// Every stands for all authorities that there are sync adapters of, and listed for those that an app was told of.
const (
	everyAuthority  = "*"
	listedAuthority = "*listed"
)

// opSync asks for a sync: the key is the parameter with the authority, args the one that says whether it is switched on.
func opSync(f *frame, c *call) (value, bool) {
	a := f.a
	of, conds := f.text(c.at(c.Key)), f.gates[f.block]
	if c.Key <= len(c.r.params) && c.Key > 0 && c.r.params[c.Key-1] == "Landroid/content/SyncRequest;" {
		of = a.load(f.s, c.at(c.Key), actionField)
	}
	if n, ok := a.t.number(c.at(c.Key)); ok && n == 0 { // null: all that the account has
		of = a.t.str(listedAuthority)
		if who, ok := a.t.number(c.at(1)); ok && who == 0 {
			of = a.t.str(everyAuthority)
		}
	}
	if len(c.Args) > 0 {
		on := c.at(c.Args[0])
		switch a.decide(greater, on, a.t.num(0)) {
		case never:
			return a.any(), false
		case maybe:
			if a.t.symbolic(on) {
				conds = a.c.and(conds, a.c.set([]uint32{a.c.cond(cond{greater, on, a.t.num(0), c.site})}))
			}
		}
	}
	if of != nothing {
		f.record(event{kind: evStart, call: &Call{Text: askSync}, ref: c.r, args: []value{of}, conds: conds, site: c.site})
	}
	return a.any(), false
}

// opSyncOf keeps the authority that a request is made for: key is the parameter.
func opSyncOf(f *frame, c *call) (value, bool) {
	f.a.store(f.s, c.at(0), actionField, f.text(c.at(c.Key)))
	return c.at(0), false
}

// opSyncListed is the sync adapters that the app is told of.
func opSyncListed(f *frame, c *call) (value, bool) {
	list, one := f.object(c.r.ret), f.object("Landroid/content/SyncAdapterType;")
	f.a.store(f.s, one, "authority:L", f.a.t.str(listedAuthority))
	f.a.add(f.s, list, "[?]", one)
	return list, false
}

// settleAsked keeps the request for a sync, or the call of a provider, until all code was seen; false where the event is about
// something else.
func (a *analysis) settleAsked(f *frame, e *event) bool {
	p := pendingStart{settledEvent: settledEvent{event: *e, in: f.m, root: a.inRoot}}
	switch e.call.Text {
	case askSync:
		p.action = e.args[0]
		a.asks(p.action, lostText, lostThing)
	case Rows:
		p.address, p.args = e.args[0], slices.Clone(e.args)
		for i, v := range p.args[1:] {
			p.args[i+1] = a.share(f.s, v)
		}
	default:
		return false
	}
	a.starts = append(a.starts, p)
	return true
}

// linkSync connects a request with the sync adapters of the app.
func (a *analysis) linkSync(p *pendingStart) {
	of := a.spellings(p.action)
	for i := range a.app.Components {
		c := &a.app.Components[i]
		if c.Enabled && len(c.Syncs) > 0 && (slices.Contains(of, everyAuthority) || slices.Contains(of, listedAuthority) || meet(of, c.Syncs)) {
			a.enter(p, c.Class, "", nil)
		}
	}
}

// meet reports whether two lists have something in common.
func meet(x, y []string) bool {
	return slices.ContainsFunc(x, func(s string) bool { return slices.Contains(y, s) })
}

// synced are the sync adapters of the app, as components that requests of other apps find by the authority.
func (a *analysis) synced() (out []Component) {
	for _, c := range a.app.Components {
		if c.Enabled && len(c.Syncs) > 0 {
			of := append([]string{everyAuthority}, c.Syncs...)
			out = append(out, Component{Kind: askSync, Class: c.Class, Actions: of, Filters: []Filter{{Actions: of}}, Enabled: true, Exported: true})
		}
	}
	return out
}
