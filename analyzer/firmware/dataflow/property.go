package dataflow

// PropAsked is a question that the result depends on: whether a system property is Want, where Text, and else which number it
// is. The value itself is none: one that names the build changes with every build, and what is found seldom does.
type PropAsked struct {
	Name, Want string
	Text       bool
}

// Answer returns what properties say to a question: "yes" or "no" of a text, "1", "0" or, of what is no such number or not
// set, "" of a number.
func (q PropAsked) Answer(props map[string]string) string {
	v, set := props[q.Name]
	switch {
	case q.Text && v == q.Want:
		return "yes"
	case q.Text:
		return "no"
	case !set:
		return ""
	}
	switch v {
	case "1", "true", "y", "yes", "on":
		return "1"
	case "0", "false", "n", "no", "off", "":
		return "0"
	}
	return ""
}

// key tells questions apart.
func (q PropAsked) key() string {
	if q.Text {
		return q.Name + "=" + q.Want
	}
	return q.Name
}

// prop answers a question by the properties of this image, and notes that the result depends on it.
func (a *analysis) prop(q PropAsked) string {
	if a.asked == nil {
		a.asked = map[PropAsked]bool{}
	}
	a.asked[q] = true
	return q.Answer(a.app.Props)
}

// property judges a condition on a system property, by the properties of this image.
func (r *reachability) property(key string, c cond, compared bool, gate Gate) (guard, Gate) {
	a := r.a
	if compared {
		return guardBuild, gate
	}
	if want, ok := a.t.text(c.y); ok && a.app.Props != nil {
		if len(a.app.Props) > 0 {
			gate.Off = (a.prop(PropAsked{Name: key, Want: want, Text: true}) == "yes") != (c.rel == equal)
			gate.Default = map[bool]string{true: "off", false: "on"}[gate.Off]
		}
		return guardBuild, gate
	}
	if want, ok := a.t.number(c.y); ok {
		if v := a.prop(PropAsked{Name: key}); v != "" {
			on := c.rel.holds(map[string]int64{"0": 0, "1": 1}[v], want)
			gate.Off = !on
			gate.Default = map[bool]string{true: "on", false: "off"}[on]
		}
	}
	return guardBuild, gate
}
