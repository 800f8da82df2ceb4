// Package deodex turns code that a ROM's builder optimised back into code that names what it uses.
//
// In: the boot class path a DEX was optimised against, as [dex.File]s in its order, and the DEX itself, with the dialect that
// [dex.File.DetectSet] found. Out: for every optimised instruction the standard opcode and the reference that stood there.
//
//	cp := deodex.NewClassPath(deodex.ForOdex(10, odex.Build), boot)
//	r, err := cp.Rewrite(file)
//	op, ref, ok := r.At(method, addr) // dex.OpInvokeVirtual, "Landroid/telephony/TelephonyManager;->getDeviceId()Ljava/lang/String;"
//
// dexopt and dex2oat write a vtable slot where a method stood and a byte offset where a field stood. Both follow from the
// classes: how the virtual machine lays out fields and tables is repeated here, and the class of the receiver is inferred
// from the code around.
//
// Limit: what the class path lacks stays unresolved, and is counted; without one only classes that are complete in the file
// are laid out. Default methods of interfaces (Android 7) have no slots here: OAT files of Android 7 keep the original
// indices themselves.
package deodex

import "romscan/analyzer/fact/dex"

// layout is how fields are placed.
type layout uint8

const (
	layoutDalvik layout = iota // computeFieldOffsets
	layoutPairs                // ART 5: references, 64 bits, 32 bits
	layoutGaps                 // ART 6: by size, small ones into gaps
)

// Runtime is a virtual machine, as far as it decides where fields and methods lie.
type Runtime struct {
	Name string
	Set  *dex.Set

	layout   layout
	byName   bool // ART 5.0 sorts fields by name only
	smallGap bool // ART 6 takes the smallest gap first, later ones the largest
	strict   bool // a package-private method of another package is not overridden
	consumes bool // ... and the method that would have is not looked at again
	inline   []inlined
}

// ForOdex returns the Dalvik that wrote an odex: by the SDK version of the image (0 where it is not known) and the number
// of its virtual machine (DALVIK_VM_BUILD) in the odex.
func ForOdex(sdk int, build uint32) *Runtime {
	r := &Runtime{Name: "dalvik", Set: dex.Dalvik, strict: sdk >= 17}
	switch {
	case build > 0 && build <= 16:
		r.inline = inline16
	case build > 0 && build <= 18:
		r.inline = inline21
	case build > 0 && build <= 22:
		r.inline = inline22
	default:
		r.inline = inline23
	}
	return r
}

// ForOAT returns the ART that wrote OAT files of a version: 39 for "039".
func ForOAT(version int) *Runtime {
	r := &Runtime{Name: "art", Set: dex.ART, strict: true}
	switch {
	case version < 45: // Android 5.0
		r.layout, r.byName = layoutPairs, true
	case version < 60: // 5.1
		r.layout, r.consumes = layoutPairs, true
	default: // 6.0 is 64, 7.0 is 79
		r.layout, r.consumes, r.smallGap = layoutGaps, true, version < 70
	}
	return r
}

// inlined is a method that execute-inline calls by its number.
type inlined struct {
	op  dex.Op // of the call with registers named one by one
	ref string
}

const (
	str  = "Ljava/lang/String;->"
	math = "Ljava/lang/Math;->"
	flt  = "Ljava/lang/Float;->"
	dbl  = "Ljava/lang/Double;->"
	smth = "Ljava/lang/StrictMath;->"
)

// The tables of gDvmInlineOpsTable, dalvik/vm/InlineNative.c and .cpp: of Android 1.6, 2.1, 2.2, and 2.3 to 4.4, where the
// last seven came with 4.3 and the numbers before stayed.
var (
	inlineStart = []inlined{
		{dex.OpInvokeStatic, "Lorg/apache/harmony/dalvik/NativeTestTarget;->emptyInlineMethod()V"},
		{dex.OpInvokeVirtual, str + "charAt(I)C"},
		{dex.OpInvokeVirtual, str + "compareTo(Ljava/lang/String;)I"},
		{dex.OpInvokeVirtual, str + "equals(Ljava/lang/Object;)Z"},
	}
	inlineLength = inlined{dex.OpInvokeVirtual, str + "length()I"}
	inlineMath   = statics(math, "abs(I)I", "abs(J)J", "abs(F)F", "abs(D)D", "min(II)I", "max(II)I", "sqrt(D)D", "cos(D)D", "sin(D)D")

	inline16 = join(inlineStart, inlineLength)
	inline21 = append(join(inlineStart, inlineLength), inlineMath...)
	inline22 = append(join(inlineStart, inlined{dex.OpInvokeVirtual, str + "indexOf(I)I"},
		inlined{dex.OpInvokeVirtual, str + "indexOf(II)I"}, inlineLength), inlineMath...)
	inline23 = join(join(join(join(join(inlineStart,
		inlined{dex.OpInvokeDirect, str + "fastIndexOf(II)I"}, inlined{dex.OpInvokeVirtual, str + "isEmpty()Z"}, inlineLength),
		inlineMath...),
		statics(flt, "floatToIntBits(F)I", "floatToRawIntBits(F)I", "intBitsToFloat(I)F")...),
		statics(dbl, "doubleToLongBits(D)J", "doubleToRawLongBits(D)J", "longBitsToDouble(J)D")...),
		statics(smth, "abs(I)I", "abs(J)J", "abs(F)F", "abs(D)D", "min(II)I", "max(II)I", "sqrt(D)D")...)
)

func join(a []inlined, b ...inlined) []inlined { return append(a[:len(a):len(a)], b...) }

func statics(class string, sigs ...string) (out []inlined) {
	for _, s := range sigs {
		out = append(out, inlined{dex.OpInvokeStatic, class + s})
	}
	return out
}
