package interp

import "fmt"

// Reason says why a run ended without a value.
type Reason string

// The reasons.
const (
	Steps      Reason = "steps"      // more instructions than the limit
	Memory     Reason = "memory"     // more bytes allocated than the limit
	Depth      Reason = "depth"      // more nested calls than the limit
	Unmodelled Reason = "unmodelled" // a class, method or instruction that has no model
	Threw      Reason = "threw"      // an exception that nothing caught
	Missing    Reason = "missing"    // no such method, field or code, or code that cannot be decoded
	Impure     Reason = "impure"     // the result would depend on something outside the run: time, randomness, device
)

// Stop is the error of every run that did not end with a value.
type Stop struct {
	Reason Reason
	Ref    string // the method that was running, "Lx/Y;->name(args)ret"
	PC     uint32 // code-unit address in it
	What   string // the call, class or exception in question
}

// Error names the reason, what it is about and the place.
func (s *Stop) Error() string {
	if s.Ref == "" {
		return fmt.Sprintf("interp: %s: %s", s.Reason, s.What)
	}
	return fmt.Sprintf("interp: %s: %s (at %s+0x%x)", s.Reason, s.What, s.Ref, s.PC)
}

func stop(r Reason, format string, args ...any) error {
	return &Stop{Reason: r, What: fmt.Sprintf(format, args...)}
}

// javaThrow is an exception on its way to a handler.
type javaThrow struct{ o *object }

// Error is what a caller sees only by mistake: Call turns it into a Stop.
func (t *javaThrow) Error() string { return "exception " + t.describe() }

func (t *javaThrow) describe() string {
	s := t.o.class.name
	if th, ok := t.o.native.(*throwable); ok && th.msg != nil {
		if u, ok := th.msg.native.(text); ok {
			s += ": " + clip(u.String())
		}
	}
	return s
}

// clip keeps messages short: their text may be the app's.
func clip(s string) string {
	if len(s) > 200 {
		return s[:200] + "…"
	}
	return s
}

// throwable is the state of java.lang.Throwable.
type throwable struct{ msg, cause *object }

// throw makes an exception of a class named as in a descriptor without L and ;.
func (m *Machine) throw(class, format string, args ...any) error {
	th := &throwable{}
	if format != "" {
		s, err := m.str(fmt.Sprintf(format, args...))
		if err != nil {
			return err
		}
		th.msg = s
	}
	if err := m.alloc(objectSize); err != nil {
		return err
	}
	return &javaThrow{&object{class: m.p.class("L" + class + ";"), native: th}}
}

func (m *Machine) npe() error { return m.throw("java/lang/NullPointerException", "") }

func (m *Machine) badIndex(i, n int64) error {
	return m.throw("java/lang/ArrayIndexOutOfBoundsException", "length=%d; index=%d", n, i)
}

func (m *Machine) badStringIndex(i int64) error {
	return m.throw("java/lang/StringIndexOutOfBoundsException", "index %d", i)
}

func (m *Machine) illegal(format string, args ...any) error {
	return m.throw("java/lang/IllegalArgumentException", format, args...)
}
