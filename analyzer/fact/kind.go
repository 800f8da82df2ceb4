package fact

// Info describes a kind: what signatures may ask of it. The loader refuses every other name.
type Info struct {
	Kind   Kind
	Doc    string
	Fields []FieldInfo
	// Derived marks kinds that package firmware makes out of the facts of many files.
	Derived bool
	// Walked marks kinds that come from opening containers, not from an analyzer.
	Walked bool
	// Linked marks kinds that come from following code through the files of an app, after the walk.
	Linked bool
}

// FieldInfo describes a field of a kind.
type FieldInfo struct {
	Name   string
	Doc    string
	Values []string // the closed set of values, nil where open
	Match  Match    // how a scalar in a signature meets a value
	Of     string   // the field a non-exact match looks at, where it is not itself stored
}

// Match is how a scalar in a signature is compared with a fact's value.
type Match int

// The ways to compare.
const (
	Exact    Match = iota // equal
	Prefix                // the value of field Of starts with the scalar
	Domain                // the value of field Of is the scalar or a subdomain of it
	Contains              // the value of field Of contains the scalar
)

// Kinds returns all kinds in the order of the data path: from files, derived, later.
func Kinds() []Info { return kinds }

// Lookup returns the description of a kind, or nil.
func Lookup(k Kind) *Info {
	for i := range kinds {
		if kinds[i].Kind == k {
			return &kinds[i]
		}
	}
	return nil
}

// Field returns the description of a field of this kind or of every kind, or nil.
func (i *Info) Field(name string) *FieldInfo {
	for _, list := range [][]FieldInfo{i.Fields, everywhere} {
		for j := range list {
			if list[j].Name == name {
				return &list[j]
			}
		}
	}
	return nil
}
