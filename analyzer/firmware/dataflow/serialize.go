package dataflow

// transientField is an access flag of fields (Java virtual machine specification, 4.5).
const transientField = 0x80

// writers are methods by which a class says itself what is written of it (java.io.Serializable, java.io.Externalizable).
var writers = [...]string{"writeObject(Ljava/io/ObjectOutputStream;)V", "writeExternal(Ljava/io/ObjectOutput;)V", "writeReplace()Ljava/lang/Object;"}

// serialized is what is read where objects were written: copies of them without their transient fields.
func (f *frame) serialized(v value) value {
	a := f.a
	out := nothing
	for _, at := range a.t.atomsOf(v) {
		n := a.t.node(at)
		skipped := a.transients(n.s)
		if n.kind != kObj || len(skipped) == 0 {
			out = a.t.join(out, a.t.one(at))
			continue
		}
		held := f.s.heap[at]
		copied := f.object(n.s)
		for i, name := range held.namesOf() {
			if !skipped[name] {
				a.store(f.s, copied, name, held.values[i])
			}
		}
		out = a.t.join(out, copied)
	}
	return out
}

// transients are the fields of the objects of a class that are not written, as they are named in the heap.
func (a *analysis) transients(class string) map[string]bool {
	out := map[string]bool{}
	for c, n := a.u.class(class), 0; c != nil && n < maxChain; c, n = a.u.class(c.Super), n+1 {
		a.u.load(c)
		for _, key := range writers {
			if c.methods[key] != nil {
				return nil
			}
		}
		for i := range c.instance {
			if r := a.u.fieldRef(c.File, c.instance[i].Field); r != nil && c.instance[i].Access&transientField != 0 {
				out[a.u.member(r)] = true
			}
		}
	}
	return out
}
