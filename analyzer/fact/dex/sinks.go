package dex

import "strings"

// sink is a method that makes a string of an array it is given.
type sink struct {
	array         int // position of the array among the registers of a call
	offset, count int // positions of the range of elements, -1 where the whole array is taken
}

// stringSinks finds the methods of this dex that make strings of arrays: constructors and factories of
// String, append of the builders, and Kotlin's concatToString and decodeToString.
func (f *File) stringSinks() map[uint32]sink {
	out := map[uint32]sink{}
	classes := make(map[uint32]bool)
	for i := range uint32(f.NumTypes()) {
		b, _ := f.MUTF8(f.TypeString(i))
		switch t := b[:min(len(b), maxName)]; string(t) {
		case "Ljava/lang/String;", "Ljava/lang/StringBuilder;", "Ljava/lang/StringBuffer;":
			classes[i] = true
		default:
			if strings.HasPrefix(string(t[:min(len(t), 32)]), "Lkotlin/text/StringsKt") {
				classes[i] = true
			}
		}
	}
	for i := range uint32(f.NumMethods()) {
		id, _ := f.Method(i)
		if !classes[id.Class] {
			continue
		}
		if k, ok := f.stringSink(id); ok {
			out[i] = k
		}
	}
	return out
}

func (f *File) stringSink(id MethodID) (sink, bool) {
	static := 0
	switch f.String(id.Name) {
	case "<init>", "append":
		static = 1 // register 0 is the object
	case "valueOf", "copyValueOf", "concatToString", "decodeToString":
	default:
		return sink{}, false
	}
	p, _ := f.Proto(id.Proto)
	var params []string
	for l := p.Params[:min(len(p.Params), 8)]; len(l) >= 2; l = l[2:] {
		params = append(params, f.Type(uint32(l[0])|uint32(l[1])<<8))
	}
	if len(params) == 0 || kindOfArray(params[0]) < 0 {
		return sink{}, false
	}
	k := sink{array: static, offset: -1, count: -1}
	if len(params) >= 3 && params[1] == "I" && params[2] == "I" {
		k.offset, k.count = static+1, static+2
	}
	return k, true
}
