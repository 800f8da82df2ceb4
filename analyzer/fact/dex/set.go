package dex

// DetectSet finds the dialect that the code of f is written in and sets f.Set. Nothing in the file says it,
// so the dialect under which the fewest methods fail to decode wins; the standard one wins a tie. It must
// run before f is shared.
func (f *File) DetectSet() *Set {
	best, fewest := Standard, -1
	for _, s := range []*Set{Standard, ART, Dalvik} {
		n := f.undecodable(s)
		if fewest < 0 || n < fewest {
			best, fewest = s, n
		}
		if n == 0 {
			break
		}
	}
	f.Set = best
	return best
}

// foreign tells whether an opcode says that the code may be of another dialect: one that the current set
// lacks, or one that is younger than the file's version (invoke-polymorphic and the rest came with 038).
func (f *File) foreign(op Op) bool {
	return !f.Set.Known(op) || op >= OpInvokePolymorphic && f.Version < 38 && f.Set == Standard
}

// undecodable counts the methods whose code has an opcode that s lacks or ends inside an instruction.
func (f *File) undecodable(s *Set) int {
	bad := 0
	var d ClassData
	for i := range f.NumClasses() {
		c, _ := f.Class(i)
		_ = f.ReadClassData(c.Data, &d) // what was read before an error still counts
		for _, list := range [][]EncodedMethod{d.DirectMethods, d.VirtualMethods} {
			for _, m := range list {
				if m.Code == 0 {
					continue
				}
				code, err := f.Code(m.Code)
				if err != nil {
					continue
				}
				code.Set = s
				if !code.decodes(f.Version) {
					bad++
				}
			}
		}
	}
	return bad
}

func (c *Code) decodes(version int) bool {
	it := c.Insns()
	for it.Next() {
		op := it.Op()
		if !c.Set.Known(op) || op >= OpInvokePolymorphic && version < 38 && c.Set == Standard {
			return false
		}
	}
	return it.Rest() == 0
}
