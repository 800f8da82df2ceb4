package dataflow

import "strings"

// Functions that are given to the platform as objects (java.util.function) and called at once, or as good as: by an optional
// value, a map that lacks a value, a stream, a stage of a computation.

// functionOf is the one method of a type of functions.
var functionOf = map[string]string{
	"Ljava/util/function/Function;":       "apply(Ljava/lang/Object;)Ljava/lang/Object;",
	"Ljava/util/function/UnaryOperator;":  "apply(Ljava/lang/Object;)Ljava/lang/Object;",
	"Ljava/util/function/BiFunction;":     "apply(Ljava/lang/Object;Ljava/lang/Object;)Ljava/lang/Object;",
	"Ljava/util/function/BinaryOperator;": "apply(Ljava/lang/Object;Ljava/lang/Object;)Ljava/lang/Object;",
	"Ljava/util/function/Consumer;":       "accept(Ljava/lang/Object;)V",
	"Ljava/util/function/BiConsumer;":     "accept(Ljava/lang/Object;Ljava/lang/Object;)V",
	"Ljava/util/function/Supplier;":       "get()Ljava/lang/Object;",
	"Ljava/util/function/Predicate;":      "test(Ljava/lang/Object;)Z",
	"Ljava/lang/Runnable;":                "run()V",
}

// opFunction calls its first parameter. Text is IN>OUT: IN is the field of the receiver that the function is given, nothing
// where it is empty; what args name is given before that. OUT is this, for the receiver; answer, for what the function
// answers; a field of a new object that holds the answer; or |FIELD, for the answer or what that field of the receiver holds.
func opFunction(f *frame, c *call) (value, bool) {
	a := f.a
	in, out, _ := strings.Cut(c.Text, ">")
	fn := 1
	if len(c.Args) > 0 {
		fn = c.Args[0]
	}
	if fn > len(c.r.params) {
		return a.any(), false
	}
	held := nothing
	if in != "" {
		held = a.load(f.s, c.at(0), in)
	}
	answer := nothing
	if key := functionOf[c.r.params[fn-1]]; key != "" {
		name, proto, _ := strings.Cut(key, "(")
		args := []value{c.at(fn)}
		if len(c.Args) > 1 {
			for _, i := range c.Args[1:] {
				args = append(args, c.at(i))
			}
		}
		for n := strings.Count(key, "Ljava/lang/Object;") - strings.Count(key, ")Ljava/lang/Object;"); len(args) <= n; {
			args = append(args, held)
		}
		ref := &methodRef{class: c.r.params[fn-1], name: name, proto: "(" + proto, ret: key[strings.Index(key, ")")+1:]}
		for range len(args) - 1 {
			ref.params = append(ref.params, "Ljava/lang/Object;")
		}
		answer = f.dispatch(ref, args, c.site)
	}
	switch field, or := strings.CutPrefix(out, "|"); {
	case out == "this":
		return c.at(0), false
	case out == "answer":
		return answer, false
	case or:
		return a.t.join(answer, a.load(f.s, c.at(0), field)), false
	}
	v := f.object(c.r.ret)
	a.store(f.s, v, out, answer)
	return v, false
}

// opBox makes an object that holds its parameter in a named field.
func opBox(f *frame, c *call) (value, bool) {
	v := f.object(c.r.ret)
	if len(c.r.params) > 0 {
		f.a.store(f.s, v, c.Text, c.at(1))
	}
	return v, false
}

// opUnbox is what a named field of the receiver holds, or the parameter instead.
func opUnbox(f *frame, c *call) (value, bool) {
	v := f.a.load(f.s, c.at(0), c.Text)
	if len(c.r.params) == 1 && c.r.params[0] == "Ljava/lang/Object;" {
		v = f.a.t.join(v, c.at(1))
	}
	return v, false
}
