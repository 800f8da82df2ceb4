package dex

// DetectSet finds the dialect that the code of f is written in and sets f.Set. Nothing in the file says it,
// so the dialect under which the fewest methods fail to decode wins. Where several do equally well, the
// standard one comes first; between the others the codes decide that each writes most. It must run before f is
// shared.
func (f *File) DetectSet() *Set {
	bad, _ := f.census(Standard)
	f.Set = Standard
	if bad == 0 {
		return f.Set
	}
	art, used := f.census(ART)
	dalvik, _ := f.census(Dalvik)
	switch {
	case bad <= min(art, dalvik):
	case art < dalvik:
		f.Set = ART
	case dalvik < art:
		f.Set = Dalvik
	default:
		// ART: iget-quick to invoke-virtual-quick, return-void-no-barrier; Dalvik: invoke-object-init, iget-quick
		artOps := used[0x73]
		for op := 0xe3; op <= 0xea; op++ {
			artOps += used[op]
		}
		f.Set = ART
		if used[0xee]+used[0xf0]+used[0xf1]+used[0xf2] > artOps {
			f.Set = Dalvik
		}
	}
	return f.Set
}

// foreign tells whether an opcode says that the code may be of another dialect: one that the current set
// lacks, or one that is younger than the file's version (invoke-polymorphic and the rest came with 038).
func (f *File) foreign(op Op) bool {
	return !f.Set.Known(op) || op >= OpInvokePolymorphic && f.Version < 38 && f.Set == Standard
}

// census counts the methods whose code has an opcode that s lacks or ends inside an instruction, and how often
// each opcode stands, read that way.
func (f *File) census(s *Set) (bad int, used [256]int) {
	var d ClassData
	left := workFactor*int64(len(f.Data)) + workFloor
	for i := range f.NumClasses() {
		c, _ := f.Class(i)
		_ = f.ReadClassData(c.Data, &d) // what was read before an error still counts
		for _, list := range [][]EncodedMethod{d.DirectMethods, d.VirtualMethods} {
			for _, m := range list {
				if m.Code == 0 {
					continue
				}
				code, err := f.Code(m.Code)
				if left -= int64(len(code.Bytes) + codeHeader); left < 0 {
					return bad, used
				}
				if err != nil {
					continue
				}
				code.Set = s
				if !code.decodes(f.Version, &used) {
					bad++
				}
			}
		}
	}
	return bad, used
}

func (c *Code) decodes(version int, used *[256]int) bool {
	it := c.Insns()
	for it.Next() {
		op := it.Op()
		used[op]++
		if !c.Set.Known(op) || op >= OpInvokePolymorphic && version < 38 && c.Set == Standard {
			return false
		}
	}
	return it.Rest() == 0
}
