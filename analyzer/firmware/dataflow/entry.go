package dataflow

import (
	"strings"

	"romscan/analyzer/fact/dex"
)

// lifecycle lists the methods of a component that the platform calls, those of superclasses included.
func (a *analysis) lifecycle(class string) []*Method {
	var out []*Method
	for c, n := a.u.class(class), 0; c != nil && n < maxChain; c, n = a.u.class(c.Super), n+1 {
		a.u.load(c)
		for _, m := range c.order {
			if (callable(m) || a.click(m)) && a.u.find(class, m.Name+m.Proto) == m && !a.onlyRegistered(class, m) {
				out = append(out, m)
			}
		}
	}
	return out
}

// click reports whether a layout or a menu may name the method.
func (a *analysis) click(m *Method) bool {
	named := m.Proto == "(Landroid/view/View;)V" || strings.HasPrefix(m.Proto, "(Landroid/view/MenuItem;)")
	return named && m.Access&1 != 0 && (a.app.Clicks == nil || a.app.Clicks[m.Name])
}

// enterApp schedules everything the platform starts.
func (a *analysis) enterApp() {
	if a.app.Application != "" {
		a.enterComponent("application", a.app.Application)
	}
	for i := range a.app.Components {
		if c := &a.app.Components[i]; c.Enabled {
			a.enterComponent(c.Kind, c.Class)
		}
	}
	a.enterInflated()
}

func (a *analysis) enterComponent(kind, class string) {
	if a.enterProgram(kind, class) || a.u.class(class) == nil {
		return
	}
	a.touch(class)
	if m := a.u.find(class, "<init>()V"); m != nil && m.Class == a.u.class(class) {
		a.addRoot(m, []value{a.t.one(a.at(class, phaseOf(kind, m.Name)))})
		a.entries[m] = class
	}
	for _, m := range a.lifecycle(class) {
		args := append([]value{a.t.one(a.at(class, phaseOf(kind, m.Name)))}, a.given(m, class)...)
		a.addRoot(m, args, a.answersTo(class, m)...)
		a.entries[m] = class
	}
}

// implementing lists the classes of the program that are directly below a platform type.
func (u *universe) implementing(platform string) []*Class {
	if u.below == nil {
		u.link()
		u.below = map[string][]*Class{}
		for c := range u.own {
			for _, s := range append([]string{c.Super}, c.Interfaces...) {
				if sc := u.class(s); sc == nil || sc.Lib {
					u.libraryBelow(s, func(s string) { u.below[s] = append(u.below[s], c) }, 0)
				}
			}
		}
	}
	return u.below[platform]
}

// implementers returns the bodies of a platform method in classes of the program.
func (u *universe) implementers(platform, key string) (list []*Method, more bool) {
	seen := map[*Method]bool{}
	for _, c := range u.implementing(platform) {
		l, m := u.targets(c.Name, key)
		more = more || m
		for _, b := range l {
			if !seen[b] && b.Access&dex.AccAbstract == 0 {
				if len(list) == maxTargets {
					return list, true
				}
				seen[b] = true
				list = append(list, b)
			}
		}
	}
	return list, more
}

// trustsAll reports whether a class is a trust manager or verifier whose check accepts everything: a body that only
// returns.
func (a *analysis) trustsAll(class string) bool {
	for _, key := range [...]string{
		"checkServerTrusted([Ljava/security/cert/X509Certificate;Ljava/lang/String;)V",
		"verify(Ljava/lang/String;Ljavax/net/ssl/SSLSession;)Z",
	} {
		m := a.u.find(class, key)
		if m == nil || m.Code == 0 {
			continue
		}
		code, err := m.Class.File.Code(m.Code)
		if err != nil {
			continue
		}
		n, ok := 0, true
		for it := code.Insns(); it.Next(); n++ {
			in := it.Insn(code.Set)
			switch op := in.Op; {
			case op == dex.OpReturnVoid, op == dex.OpNop, op == 0x0f:
			case op >= dex.OpConst4 && op <= dex.OpConst && in.Lit == 1:
			default:
				ok = false
			}
		}
		if ok && n <= 3 {
			return true
		}
	}
	return false
}
