// Package dex reads Dalvik executables, versions 035 to 041 and compact ones (cdex 001), and says what is in them.
//
// In: the bytes of a .dex, or of a container of version 041 that holds several, or of a compact DEX with its data. Out: for the data path the
// facts of [Analyzer]: how much there is, which classes are defined, which calls leave the file, which
// strings are used and where, and strings that are written as arrays; for other readers of code the index
// [File] with identifiers, class data, code items, instructions, values, annotations and a disassembler.
//
//	files, err := dex.Open(data)
//	for it := code.Insns(); it.Next(); {
//		if it.Op() == dex.OpConstString { … it.Unit(1) … }
//	}
//
// Every offset and count is compared with the bytes that are there. A wrong checksum, a wrong file_size or
// trailing bytes are notes, as malformed files run on devices; a table that reaches outside the file loses
// the items that are not there and nothing else.
//
// Limit: instructions are read as they stand. The optimised opcodes of Dalvik (odex) and ART (oat) are walked
// and named, but their operands are vtable slots and field offsets, which need the device's framework: package
// deodex turns them back into references.
package dex
