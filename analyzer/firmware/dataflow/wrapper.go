package dataflow

// A maker's wrapper reads a setting by its name, with what counts where nobody wrote it. Where its body is in the image, it is
// entered, and the setting is known, with what the caller says that it counts as. Where it is not, neither the store is known nor
// who writes it: but that it is a switch, and what it is called, is seen in the call.

// switchKey spells the name of the setting that a static method, which the image lacks, is asked for; "" where it is no such method, or
// the name is not known.
func (a *analysis) switchKey(r *methodRef, static bool, args []value) string {
	if !static || len(r.params) != 3 || len(args) != 3 || r.ret != "Z" && r.ret != "I" || !a.unseen(r.String()) {
		return ""
	}
	if r.params[0] != "Landroid/content/ContentResolver;" || r.params[1] != "Ljava/lang/String;" || r.params[2] != r.ret {
		return ""
	}
	key, known := a.t.text(args[1])
	if _, ok := a.t.number(args[2]); !known || !ok {
		return ""
	}
	return " [" + key + "]"
}

// chosenSetting is what a setting is written to, or counts as where nobody wrote it: of a truth value that the caller of the wrapper
// gives and that is made a number, each number with the conditions of its ways.
func (f *frame) chosenSetting(r *methodRef, reg uint32, v value) value {
	if !settingsClasses[r.class] || f.m == nil || f.turn > 0 || f.split != nil || !f.eitherNumber(v) {
		return v
	}
	if own, ok := f.byWaysTo(reg); ok {
		return own
	}
	return v
}
