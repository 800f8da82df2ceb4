package dataflow

// What a layout names is made by the platform, and its methods are called as those of any view or fragment.

// inflated are what layouts may name (android.view.LayoutInflater).
var inflated = [...]string{"Landroid/view/View;", "Landroid/app/Fragment;", "Landroid/support/v4/app/Fragment;"}

// fromXML are the constructors that a layout is inflated with, the last that a class has.
var fromXML = [...]string{"<init>()V", "<init>(Landroid/content/Context;)V", "<init>(Landroid/content/Context;Landroid/util/AttributeSet;)V"}

// enterInflated schedules the methods of the program's own classes that layouts name.
func (a *analysis) enterInflated() {
	if !a.followsViews() {
		return
	}
	for _, class := range a.app.Inflated {
		if a.isInflated(class) {
			a.enterView(class)
		}
	}
}

// fragment reports whether a class is one of fragments.
func (a *analysis) fragment(class string) bool {
	return a.u.is(class, "Landroid/app/Fragment;") || a.u.is(class, "Landroid/support/v4/app/Fragment;")
}

func (a *analysis) isInflated(class string) bool {
	if a.u.class(class) == nil {
		return false
	}
	for _, of := range inflated {
		if a.u.is(class, of) {
			return true
		}
	}
	return false
}

func (a *analysis) enterView(class string) {
	a.touch(class)
	home := a.t.of(node{kind: kHome, s: class})
	enter := func(m *Method) {
		a.addRoot(m, append([]value{home}, a.given(m, "")...))
		a.entries[m] = class
	}
	for i := len(fromXML) - 1; i >= 0; i-- {
		if m := a.u.find(class, fromXML[i]); m != nil && m.Class.Name == class {
			enter(m)
			break
		}
	}
	for _, m := range a.lifecycle(class) {
		enter(m)
	}
}
