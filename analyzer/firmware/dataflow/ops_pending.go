package dataflow

// Pending intents, alarms and receivers: starts that do not happen with the call that asks for them.

// How a start comes about, where it does not happen with the call.
const (
	onSchedule = "schedule"
	whenShown  = "shown" // once the user follows a notification
	whileOpen  = "open"  // while the user has the activity open that registered a receiver
)

// pendingField is, of an intent that a pending intent was made of, the kind of component that it is for.
const pendingField = "$pending"

// by is the same call that starts something in another way.
func (c *call) by(how string) *call {
	line := *c.Call
	line.Transport = how
	other := *c
	other.Call = &line
	return &other
}

// opPending is PendingIntent.getService and its kin: whoever holds it can start the component, so it is started. An
// activity is opened by the user, from a notification or a widget, unless the program itself sends the intent or hands
// it to the alarm manager.
func opPending(f *frame, c *call) (value, bool) {
	v := f.object(c.r.ret)
	f.a.store(f.s, v, wrappedField, c.at(3))
	f.a.store(f.s, c.at(3), pendingField, f.a.t.str(c.Text))
	if c.Text == "activity" {
		c = c.by(whenShown)
	}
	if f.lookedUp(c) {
		return v, false
	}
	f.start(c, c.at(3), c.Text)
	f.makesPending(v, c)
	return v, false
}

// opAlarm hands a pending intent to the alarm manager: what it starts runs on a schedule.
func opAlarm(f *frame, c *call) (value, bool) {
	timed := c.by(onSchedule)
	for i, p := range c.r.params {
		if p == "Landroid/app/PendingIntent;" {
			for _, at := range f.a.t.atomsOf(c.at(i + 1)) {
				f.start(timed, f.a.load(f.s, f.a.t.one(at), wrappedField), "pending")
			}
		}
	}
	return nothing, false
}

// opRegister registers a receiver for the actions of a filter.
func opRegister(f *frame, c *call) (value, bool) {
	a := f.a
	var who []value
	if len(c.r.params) > 3 {
		who = append(who, f.text(c.at(3)))
	}
	line := &Call{Text: "register"}
	if f.ofActivity(c) {
		line.Transport = whileOpen
	}
	actions := a.load(f.s, c.at(2), actionField)
	f.register(c.r, c.at(0), c.at(1), event{kind: evStart, call: line, ref: c.r, args: append([]value{c.at(1), actions, a.load(f.s, c.at(2), schemeField)}, who...), conds: f.gates[f.block], site: c.site})
	return f.lastSent(actions), false
}

// ofActivity reports whether the receiver of a call is an activity, by its type or as far as its value is known.
func (f *frame) ofActivity(c *call) bool {
	const activity = "Landroid/app/Activity;"
	if f.a.u.is(c.r.class, activity) {
		return true
	}
	at, one := f.a.t.single(c.at(0))
	if !one {
		return false
	}
	n := f.a.t.node(at)
	return (n.kind == kHome || n.kind == kObj) && f.a.u.is(n.s, activity)
}
