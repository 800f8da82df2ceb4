package interp

// opaque is the state of an object that an unmodelled class made in a static initialiser. Initialisers make loggers,
// handlers and patterns beside the tables that decoders need; what they make is carried but never looked at.
type opaque struct{}

// blind stands for a call that has no model, in a static initialiser. It is right to go on only where the call
// cannot change anything that the program sees: it may get numbers, strings, class tokens and opaque objects.
func (m *Machine) blind(k *call, args []reg, err error) (reg, error) {
	for i, a := range args {
		if a.o == nil {
			continue
		}
		switch a.o.native.(type) {
		case opaque, text, *class, int32, int64, int16, int8, uint16, bool, float32, float64:
		case nil:
			if i > 0 || !k.init || a.o.class.file != nil && !a.o.class.unknown {
				return reg{}, err
			}
			if a.o.class.file == nil {
				a.o.native = opaque{}
			}
		default:
			return reg{}, err
		}
	}
	if k.ret == 'V' {
		return reg{}, nil
	}
	if err := m.alloc(objectSize); err != nil {
		return reg{}, err
	}
	return reg{o: &object{class: m.p.blind, native: opaque{}}}, nil
}

// known stops where a decision would depend on an opaque object.
func (m *Machine) known(r reg) error {
	if r.o != nil && r.o.class == m.p.blind {
		return stop(Unmodelled, "a decision on what an unmodelled call returned")
	}
	return nil
}
