package interp

import (
	"math"
	"slices"
)

// langModels are Object, Class, System, Math, Enum, Throwable, Locale and Android's Log and TextUtils.
func langModels() map[string]table {
	all := map[string]table{
		"Ljava/lang/Object;": {
			"<init>()V":                   nothing,
			"getClass()Ljava/lang/Class;": receiver(func(m *Machine, a []reg) (reg, error) { return reg{o: m.p.token(a[0].o.class)}, nil }),
			"equals(" + tO + ")Z":         identical,
			"hashCode()I": func(m *Machine, a []reg) (reg, error) {
				return reg{}, stop(Impure, "identity hash code of %s", a[0].o.class.name)
			},
			"toString()" + tS: func(m *Machine, a []reg) (reg, error) {
				return reg{}, stop(Impure, "identity of %s as text", a[0].o.class.name)
			},
			"clone()" + tO: clone,
		},
		"Ljava/lang/Class;": {
			"getName()" + tS:            given(func(m *Machine, c *class) (reg, error) { return m.retStr(className(c)) }),
			"getSimpleName()" + tS:      given(func(m *Machine, c *class) (reg, error) { return m.retStr(simpleName(c)) }),
			"desiredAssertionStatus()Z": no,
			"isInstance(" + tO + ")Z":   on(func(m *Machine, c *class, a []reg) (reg, error) { return m.instance(a[1].o, c) }),
			"equals(" + tO + ")Z":       identical,
		},
		"Ljava/lang/System;": {"arraycopy(" + tO + "I" + tO + "II)V": arraycopy},
		"Ljava/lang/Enum;": {
			"<init>(" + tS + "I)V": initial(func(m *Machine, a []reg) (any, error) { return &enum{a[1].o, a[2].i32()}, nil }),
			"ordinal()I":           on(func(m *Machine, e *enum, a []reg) (reg, error) { return retInt(e.ordinal) }),
			"name()" + tS:          on(func(m *Machine, e *enum, a []reg) (reg, error) { return retObj(e.name) }),
			"toString()" + tS:      on(func(m *Machine, e *enum, a []reg) (reg, error) { return retObj(e.name) }),
		},
		"Ljava/util/Locale;": {"toString()" + tS: on(func(m *Machine, l locale, a []reg) (reg, error) { return m.retStr(string(l)) })},
		"Ljava/util/Comparator;": {"compare(" + tO + tO + ")I": func(m *Machine, a []reg) (reg, error) {
			if _, err := state[ignoreCase](m, a[0].o); err != nil {
				return reg{}, err
			}
			n, err := m.compareObjects(a[0].o, a[1].o, a[2].o)
			return reg{n: int64(n)}, err
		}},
		"Landroid/text/TextUtils;": {
			"isEmpty(" + tCS + ")Z": func(m *Machine, a []reg) (reg, error) {
				if a[0].o == nil {
					return retBool(true)
				}
				t, err := m.chars(a[0].o)
				return boolReg(len(t) == 0), err
			},
			"equals(" + tCS + tCS + ")Z": func(m *Machine, a []reg) (reg, error) {
				if a[0].o == a[1].o || a[0].o == nil || a[1].o == nil {
					return retBool(a[0].o == a[1].o)
				}
				return m.with2([]reg{{}, a[0], a[1]}, func(u, v text) (reg, error) { return retBool(u.equal(v)) })
			},
			"join(" + tCS + "[" + tO + ")" + tS:          func(m *Machine, a []reg) (reg, error) { return m.join(a[0].o, a[1].o) },
			"join(" + tCS + "Ljava/lang/Iterable;)" + tS: func(m *Machine, a []reg) (reg, error) { return m.join(a[0].o, a[1].o) },
		},
		"Ljava/lang/Math;": mathTable(), "Ljava/lang/StrictMath;": mathTable(), "Ljava/lang/Throwable;": throwableTable(),
		"Landroid/util/Log;": {}, "Ljava/lang/AssertionError;": {"<init>(" + tO + ")V": initial(func(m *Machine, a []reg) (any, error) {
			t, err := m.describe(a[1].o)
			if err != nil {
				return nil, err
			}
			o, err := m.textObject(t)
			return &throwable{msg: o}, err
		})},
	}
	for _, name := range []string{"v", "d", "i", "w", "e", "wtf"} {
		all["Landroid/util/Log;"][name+"("+tS+tS+")I"] = nothing
		all["Landroid/util/Log;"][name+"("+tS+tS+tTh+")I"] = nothing
	}
	return all
}

// enum is the state of an object of an enumeration.
type enum struct {
	name    *object
	ordinal int32
}

func identical(_ *Machine, a []reg) (reg, error) { return retBool(a[0].o == a[1].o) }

// clone copies arrays; of the rest nothing is cloned.
func clone(m *Machine, a []reg) (reg, error) {
	o := a[0].o
	n := o.length()
	if n < 0 {
		if l, ok := o.native.(*list); ok {
			return m.retNew(trimClass(o.class.name), &list{items: slices.Clone(l.items)})
		}
		return reg{}, stop(Unmodelled, "clone of %s", o.class.name)
	}
	c, err := m.newArray(o.class, int64(n))
	if err == nil {
		copyElems(c, 0, o, 0, n)
	}
	return reg{o: c}, err
}

// copyElems copies within or between arrays of one kind.
func copyElems(dst *object, to int, src *object, from, n int) bool {
	switch s := src.native.(type) {
	case []int8:
		return copyKind(dst, to, s[from:from+n])
	case []bool:
		return copyKind(dst, to, s[from:from+n])
	case []uint16:
		return copyKind(dst, to, s[from:from+n])
	case []int16:
		return copyKind(dst, to, s[from:from+n])
	case []int32:
		return copyKind(dst, to, s[from:from+n])
	case []int64:
		return copyKind(dst, to, s[from:from+n])
	case []float32:
		return copyKind(dst, to, s[from:from+n])
	case []float64:
		return copyKind(dst, to, s[from:from+n])
	case []*object:
		return copyKind(dst, to, s[from:from+n])
	}
	return false
}

func copyKind[T any](dst *object, to int, s []T) bool {
	d, ok := dst.native.([]T)
	if ok {
		copy(d[to:], s)
	}
	return ok
}

func arraycopy(m *Machine, a []reg) (reg, error) {
	src, dst := a[0].o, a[2].o
	if src == nil || dst == nil {
		return reg{}, m.npe()
	}
	from, to, n := a[1].n, a[3].n, a[4].n
	if from < 0 || to < 0 || n < 0 || from+n > int64(src.length()) || to+n > int64(dst.length()) {
		return reg{}, m.throw("java/lang/ArrayIndexOutOfBoundsException", "src.length=%d srcPos=%d dst.length=%d dstPos=%d length=%d",
			src.length(), from, dst.length(), to, n)
	}
	if !copyElems(dst, int(to), src, int(from), int(n)) {
		return reg{}, m.throw("java/lang/ArrayStoreException", "")
	}
	return reg{}, nil
}

func throwableTable() table {
	make := func(msg, cause int) model {
		return initial(func(m *Machine, a []reg) (any, error) {
			t := &throwable{}
			if msg > 0 {
				t.msg = a[msg].o
			}
			if cause > 0 {
				if t.cause = a[cause].o; msg == 0 && t.cause != nil {
					u, err := m.describe(t.cause)
					if err != nil {
						return nil, err
					}
					if t.msg, err = m.textObject(u); err != nil {
						return nil, err
					}
				}
			}
			return t, m.alloc(32)
		})
	}
	message := on(func(m *Machine, t *throwable, a []reg) (reg, error) { return retObj(t.msg) })
	return table{
		"<init>()V": make(0, 0), "<init>(" + tS + ")V": make(1, 0), "<init>(" + tS + tTh + ")V": make(1, 2), "<init>(" + tTh + ")V": make(0, 1),
		"getMessage()" + tS: message, "getLocalizedMessage()" + tS: message,
		"getCause()" + tTh:             on(func(m *Machine, t *throwable, a []reg) (reg, error) { return retObj(t.cause) }),
		"initCause(" + tTh + ")" + tTh: on(func(m *Machine, t *throwable, a []reg) (reg, error) { t.cause = a[1].o; return a[0], nil }),
		"printStackTrace()V":           nothing,
		"addSuppressed(" + tTh + ")V":  nothing,
		"fillInStackTrace()" + tTh:     self,
		"toString()" + tS: on(func(m *Machine, t *throwable, a []reg) (reg, error) {
			u := units(className(a[0].o.class))
			if t.msg != nil {
				msg, err := m.text(t.msg)
				if err != nil {
					return reg{}, err
				}
				u = slices.Concat(u, text{':', ' '}, msg)
			}
			return m.retText(u)
		}),
	}
}

func mathTable() table {
	t := table{}
	for name, f := range map[string]func(float64) float64{
		"sqrt": math.Sqrt, "floor": math.Floor, "ceil": math.Ceil, "rint": math.RoundToEven,
		"abs": math.Abs, "signum": func(f float64) float64 { return math.Copysign(float64(order(f < 0, f > 0, 0)), f) },
	} {
		t[name+"(D)D"] = func(m *Machine, a []reg) (reg, error) { return doubleReg(f(a[0].f64())), nil }
	}
	t["abs(I)I"] = func(m *Machine, a []reg) (reg, error) { return retInt(max(a[0].i32(), -a[0].i32())) }
	t["abs(J)J"] = func(m *Machine, a []reg) (reg, error) { return retLong(max(a[0].n, -a[0].n)) }
	t["abs(F)F"] = func(m *Machine, a []reg) (reg, error) { return floatReg(float32(math.Abs(float64(a[0].f32())))), nil }
	t["round(D)J"] = func(m *Machine, a []reg) (reg, error) {
		return retLong(saturate(math.Floor(a[0].f64()+0.5), math.MinInt64, math.MaxInt64))
	}
	t["round(F)I"] = func(m *Machine, a []reg) (reg, error) {
		return retLong(saturate(math.Floor(float64(a[0].f32())+0.5), math.MinInt32, math.MaxInt32))
	}
	for _, k := range []string{"I", "J"} {
		t["max("+k+k+")"+k] = func(m *Machine, a []reg) (reg, error) { return retLong(max(a[0].n, a[1].n)) }
		t["min("+k+k+")"+k] = func(m *Machine, a []reg) (reg, error) { return retLong(min(a[0].n, a[1].n)) }
		floorMod := func(m *Machine, a []reg) (reg, error) {
			if a[1].n == 0 {
				return reg{}, m.divideByZero()
			}
			r := a[0].n % a[1].n
			if r != 0 && (r < 0) != (a[1].n < 0) {
				r += a[1].n
			}
			return retLong(r)
		}
		t["floorMod("+k+k+")"+k] = floorMod
	}
	t["max(DD)D"] = func(m *Machine, a []reg) (reg, error) { return doubleReg(max(a[0].f64(), a[1].f64())), nil }
	t["min(DD)D"] = func(m *Machine, a []reg) (reg, error) { return doubleReg(min(a[0].f64(), a[1].f64())), nil }
	t["max(FF)F"] = func(m *Machine, a []reg) (reg, error) { return floatReg(max(a[0].f32(), a[1].f32())), nil }
	t["min(FF)F"] = func(m *Machine, a []reg) (reg, error) { return floatReg(min(a[0].f32(), a[1].f32())), nil }
	t["pow(DD)D"] = wholePower
	return t
}

// wholePower is Math.pow where every step is exact, which no two libraries can differ in.
func wholePower(m *Machine, a []reg) (reg, error) {
	x, y := a[0].f64(), a[1].f64()
	p := math.Pow(x, y)
	if x == math.Trunc(x) && y == math.Trunc(y) && y >= 0 && math.Abs(p) <= 1<<53 || x == 2 {
		return doubleReg(p), nil
	}
	return reg{}, stop(Unmodelled, "Math.pow with an inexact result")
}
