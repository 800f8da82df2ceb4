package deodex

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/fact/dex"
)

// framework is a small boot class path: fields of all kinds, an interface, an abstract class with a miranda method.
func framework() []made {
	return []made{
		{name: objectName, methods: []body1{{sig: "equals(Ljava/lang/Object;)Z"}, {sig: "toString()Ljava/lang/String;"}}},
		{name: "La/I;", super: objectName, access: dex.AccInterface | dex.AccAbstract, methods: []body1{{sig: "run(J)V"}}},
		{
			name: "La/Base;", super: objectName, access: dex.AccAbstract, interfaces: []string{"La/I;"},
			fields:  []string{"count:I", "flag:Z", "next:La/Base;", "time:J", "word:C"},
			methods: []body1{{sig: "get()La/Base;"}, {sig: "hidden()V", access: 0x1000}},
		},
		{name: "La/Sub;", super: "La/Base;", fields: []string{"other:S"}, methods: []body1{{sig: "get()La/Base;"}, {sig: "more(IJ)I"}}},
	}
}

// app is a class whose method goes(this, Sub) has the given code.
func app(registers uint16, units ...uint16) []made {
	return []made{{name: "Lb/App;", super: "La/Sub;", methods: []body1{{sig: "goes(La/Sub;)V", registers: registers, units: units}}}}
}

// at returns what is found at each address of the only method with code.
func at(t *testing.T, rt *Runtime, classes []made, refs ...string) ([]string, *Result) {
	t.Helper()
	boot := open(t, rt.Set, encode(framework()))
	f := open(t, rt.Set, encode(classes, refs...))
	r, err := NewClassPath(rt, []*dex.File{boot}).Rewrite(f)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	r.All(func(method, addr uint32, op dex.Op, ref string) bool {
		out = append(out, fmt.Sprintf("%d %s %s", addr, dex.Standard.OpName(op), ref))
		if o, k, ok := r.At(method, addr); !ok || o != op || k != ref {
			t.Errorf("At(%d, %d): %v %s", method, addr, o, k)
		}
		return true
	})
	return out, r
}

// TestDalvik: every opcode that dexopt writes. Layout of La/Base; by computeFieldOffsets: next 8, flag 12, time 16, then what
// the swapping leaves: count 24, word 28; La/Sub;: other 32. Slots: equals 0, toString 1, get 2, hidden 3, run 4 (miranda), more 5.
func TestDalvik(t *testing.T) {
	// v0, v1 wide, v3 free; v4 this, v5 the parameter
	got, r := at(t, ForOdex(15, 27), app(6,
		0x50f2, 24, // iget-quick v0, v5
		0x51f3, 16, // iget-wide-quick v1, v5
		0x53f4, 8, // iget-object-quick v3, v5
		0x50f5, 12, // iput-quick v0, v5: a boolean
		0x51f6, 16, // iput-wide-quick v1, v5
		0x54f7, 8, // iput-object-quick v4, v5
		0x40f2, 32, // iget-quick v0, v4: of a superclass, a short
		0x10f8, 2, 0x0005, // invoke-virtual-quick {v5}
		0x000c+3<<8,  // move-result-object v3
		0x03f9, 4, 3, // invoke-virtual-quick/range {v3 .. v5}: run(J), whose registers are v3 to v5
		0x10fa, 2, 0x0004, // invoke-super-quick {v4}
		0x01fb, 3, 4, // invoke-super-quick/range {v4}
		0x20ee, 1, 0x0003, // execute-inline {v3, v0}: String.charAt
		0x02ef, 9, 0, // execute-inline/range {v0 .. v1}: Math.abs(F)F takes one register
		0x50e3, 0, // iget-volatile field 0
		0x00f1, // return-void-barrier
	), "La/Sub;->get()La/Base;")
	want := []string{
		"0 iget La/Base;->count:I", "2 iget-wide La/Base;->time:J", "4 iget-object La/Base;->next:La/Base;",
		"6 iput-boolean La/Base;->flag:Z", "8 iput-wide La/Base;->time:J", "10 iput-object La/Base;->next:La/Base;",
		"12 iget-short La/Sub;->other:S", "14 invoke-virtual La/Sub;->get()La/Base;",
		"18 invoke-virtual/range La/Base;->run(J)V", "21 invoke-super La/Sub;->get()La/Base;", "24 invoke-super/range La/Base;->hidden()V",
		"27 invoke-virtual Ljava/lang/String;->charAt(I)C", "35 return-void ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if r.Optimised != 15 || r.Left[Misfit] != 1 || r.Left[NoSuchMember] != 1 || r.Unresolved() != 2 || r.Lost() != 2 {
		t.Errorf("%+v", r)
	}
}

// TestVolatile: instructions that kept their index, and the emptied constructor of Object.
func TestVolatile(t *testing.T) {
	field := func(op uint16) []string {
		got, _ := at(t, ForOdex(15, 27), app(6, 0x5000|op, 0, 0x000e), "Lc/C;->f:I", "Lc/C;->g()V")
		return got
	}
	for op, want := range map[uint16]string{
		0xe3: "iget", 0xe4: "iput", 0xe7: "iget-object", 0xe8: "iget-wide", 0xe9: "iput-wide", 0xfc: "iput-object",
		0xe5: "sget", 0xe6: "sput", 0xea: "sget-wide", 0xeb: "sput-wide", 0xfd: "sget-object", 0xfe: "sput-object",
	} {
		if diff := cmp.Diff([]string{"0 " + want + " Lc/C;->f:I"}, field(op)); diff != "" {
			t.Errorf("%02x: %s", op, diff)
		}
	}
	if got, _ := at(t, ForOdex(10, 23), app(6, 0x10f0, 1, 4, 0x000e), "Lc/C;->g()V"); !slices.Equal(got, []string{"0 invoke-direct Lc/C;->g()V"}) {
		t.Errorf("invoke-direct-empty: %q", got)
	}
	got, r := at(t, ForOdex(15, 27), app(6, 0x01f0, 1, 4, 0x02ed, 7), "Lc/C;->g()V")
	if diff := cmp.Diff([]string{"0 invoke-direct/range Lc/C;->g()V"}, got); diff != "" || r.Left[Rejected] != 1 || r.Lost() != 0 {
		t.Errorf("%s %v", diff, r.Left)
	}
}

// TestART: the opcodes of dex2oat, whose layouts differ by version.
func TestART(t *testing.T) {
	for _, c := range []struct {
		version                              int
		next, time, count, word, flag, other uint16
	}{
		// Object of the class path has no fields, so objects begin at 0
		{39, 0, 8, 4, 20, 16, 24}, // 5.0: references, the first narrow one by name on the odd place, pairs, the rest by name
		{45, 0, 8, 4, 16, 20, 24}, // 5.1: the rest by size
		{64, 0, 8, 4, 16, 18, 20}, // 6.0: bytes for bytes
	} {
		got, r := at(t, ForOAT(c.version), app(6,
			0x53e5, c.next, 0x51e4, c.time, 0x50e3, c.count, 0x50f1, c.word, 0x50ef, c.flag, 0x50f2, c.other,
			0x50ed, c.word, 0x50eb, c.flag, 0x50e6, c.count, 0x51e7, c.time, 0x53e8, c.next,
			0x10e9, 3, 0x0003, 0x01ea, 2, 5, 0x0073,
		))
		want := []string{
			"0 iget-object La/Base;->next:La/Base;", "2 iget-wide La/Base;->time:J", "4 iget La/Base;->count:I", "6 iget-char La/Base;->word:C",
			"8 iget-boolean La/Base;->flag:Z", "10 iget-short La/Sub;->other:S",
			"12 iput-char La/Base;->word:C", "14 iput-boolean La/Base;->flag:Z", "16 iput La/Base;->count:I", "18 iput-wide La/Base;->time:J",
			"20 iput-object La/Base;->next:La/Base;",
			"22 invoke-virtual La/Base;->hidden()V", "25 invoke-virtual/range La/Sub;->get()La/Base;", "28 return-void ",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("version %d: %s%v", c.version, diff, r.Left)
		}
	}
}

// TestInference: what a register holds after branches, and what cannot be known.
func TestInference(t *testing.T) {
	refs := []string{"La/Base;", "La/Sub;", "Lgone/X;", "[La/Sub;"}
	e := encode(app(6, 0), refs...)
	types := map[string]uint16{}
	f := open(t, dex.Dalvik, e)
	for i := range uint32(f.NumTypes()) {
		types[f.Type(i)] = uint16(i)
	}
	for name, c := range map[string]struct {
		units []uint16
		want  string
		why   Reason
	}{
		"merged to the common superclass": {[]uint16{
			0x0022, types["La/Base;"], 0x0438, 4, 0x0022, types["La/Sub;"], 0x10f8, 2, 0x0000, 0x000e,
		}, "6 invoke-virtual La/Base;->get()La/Base;", 0},
		"null or an object": {[]uint16{0x0012, 0x0438, 4, 0x0022, types["La/Sub;"], 0x10f8, 2, 0x0000, 0x000e}, "5 invoke-virtual La/Sub;->get()La/Base;", 0},
		"null at first, in a loop": {[]uint16{ // v0 = null; do { if (v0 == null) v0 = new Sub; v0 = v0.get() } while …
			0x0012, 0x0039, 4, 0x0022, types["La/Sub;"], 0x10f8, 2, 0x0000, 0x000c, 0x0139, 0xfff8, 0x000e,
		}, "5 invoke-virtual La/Base;->get()La/Base;", 0},
		"array element": {[]uint16{
			0x001f, types["[La/Sub;"], 0x0046, 0x0100, 0x10f8, 2, 0x0000, 0x000e,
		}, "4 invoke-virtual La/Sub;->get()La/Base;", 0},
		"array":         {[]uint16{0x001f, types["[La/Sub;"], 0x10f8, 1, 0x0000, 0x000e}, "2 invoke-virtual Ljava/lang/Object;->toString()Ljava/lang/String;", 0},
		"unknown class": {[]uint16{0x001f, types["Lgone/X;"], 0x10f8, 2, 0x0000, 0x000e}, "", ClassPathMissing},
		"method of Object of an unknown class": {[]uint16{0x001f, types["Lgone/X;"], 0x10f8, 1, 0x0000, 0x000e},
			"2 invoke-virtual Ljava/lang/Object;->toString()Ljava/lang/String;", 0},
		"null":             {[]uint16{0x0012, 0x10f8, 2, 0x0000, 0x000e}, "", ReceiverNull},
		"number":           {[]uint16{0x1012, 0x10f8, 2, 0x0000, 0x000e}, "", ReceiverUnknown},
		"no such slot":     {[]uint16{0x10f8, 900, 0x0005, 0x000e}, "", NoSuchMember},
		"no such offset":   {[]uint16{0x50f2, 3, 0x000e}, "", NoSuchMember},
		"other registers":  {[]uint16{0x20f8, 2, 0x0005, 0x000e}, "", Misfit},
		"another kind":     {[]uint16{0x50f4, 24, 0x000e}, "", Misfit},
		"behind a return":  {[]uint16{0x000e, 0x10f8, 2, 0x0005, 0x000e}, "", Unreachable},
		"inline too large": {[]uint16{0x10ee, 99, 0x0005, 0x000e}, "", NoSuchMember},
	} {
		got, r := at(t, ForOdex(15, 27), app(6, c.units...), refs...)
		switch {
		case c.want != "" && !slices.Contains(got, c.want):
			t.Errorf("%s: %q, %v", name, got, r.Left)
		case c.want == "" && (len(got) != 0 || r.Left[c.why] != 1):
			t.Errorf("%s: %q, %v", name, got, r.Left)
		}
	}
}

// TestWithoutClassPath: classes that only have the app's and Object above them are laid out.
func TestWithoutClassPath(t *testing.T) {
	f := open(t, dex.Dalvik, encode([]made{
		{name: "Lb/A;", super: objectName, fields: []string{"x:I"}, methods: []body1{{sig: "own()V", registers: 2, units: []uint16{
			0x10f2, 8, 0x10f8, 11, 0x0001, 0x10f8, 7, 0x0001, 0x000e,
		}}}},
		{name: "Lb/B;", super: "Landroid/app/Activity;", fields: []string{"x:I"}, methods: []body1{{sig: "own()V", registers: 2, units: []uint16{
			0x10f2, 8, 0x10f8, 11, 0x0001, 0x10f8, 7, 0x0001, 0x000e,
		}}}},
	}))
	r, err := NewClassPath(ForOdex(15, 27), nil).Rewrite(f)
	if err != nil {
		t.Fatal(err)
	}
	got := r.refsOf()
	want := []string{"Lb/A;->x:I", "Lb/A;->own()V", "Ljava/lang/Object;->toString()Ljava/lang/String;", "Ljava/lang/Object;->toString()Ljava/lang/String;"}
	if diff := cmp.Diff(want, got); diff != "" || r.Left[ClassPathMissing] != 2 {
		t.Errorf("%s %v", diff, r.Left)
	}
}

// TestPackagePrivate: from Android 4.2 on a method does not override one of another package that it cannot see.
func TestPackagePrivate(t *testing.T) {
	classes := []made{
		{name: "La/P;", super: objectName, methods: []body1{{sig: "m()V", access: 0x1000}}},
		{name: "Lb/Q;", super: "La/P;", methods: []body1{{sig: "m()V"}, {sig: "n()V", registers: 1, units: []uint16{0x10f8, 12, 0x0000, 0x000e}}}},
	}
	for sdk, want := range map[int]string{15: "Lb/Q;->n()V", 17: "Lb/Q;->m()V"} {
		f := open(t, dex.Dalvik, encode(classes))
		r, _ := NewClassPath(ForOdex(sdk, 27), nil).Rewrite(f)
		if got := r.refsOf(); len(got) != 1 || got[0] != want {
			t.Errorf("sdk %d: %q, want %s", sdk, got, want)
		}
	}
}

// refsOf lists the references.
func (r *Result) refsOf() (out []string) {
	r.All(func(_, _ uint32, _ dex.Op, ref string) bool { out = append(out, ref); return true })
	return out
}

// TestInlineTables: the numbers of execute-inline by the version of the machine.
func TestInlineTables(t *testing.T) {
	for _, c := range []struct {
		build, index uint32
		want         string
	}{
		{14, 4, "String;->length()I"}, {17, 5, "Math;->abs(I)I"}, {19, 4, "String;->indexOf(I)I"}, {19, 6, "String;->length()I"}, {19, 15, "Math;->sin(D)D"},
		{23, 5, "String;->isEmpty()Z"}, {27, 21, "Double;->longBitsToDouble(J)D"}, {27, 28, "StrictMath;->sqrt(D)D"},
	} {
		list := ForOdex(0, c.build).inline
		if int(c.index) >= len(list) || !strings.HasSuffix(list[c.index].ref, c.want) {
			t.Errorf("build %d, %d: %v, want %s", c.build, c.index, list, c.want)
		}
	}
}
