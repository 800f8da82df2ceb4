package dataflow

import "strings"

// Vocabulary says what the calls of the platform mean. It is data: see signatures/api.
type Vocabulary struct {
	// Supers are the superclasses and interfaces of platform classes.
	Supers map[string][]string
	// Calls by class descriptor and method name.
	Calls map[string]map[string][]*Call
	// URIs are content addresses and what their rows hold, longest prefix first wins.
	URIs []URI
	// Columns say, per family of rows, what a column holds; "*" is for one that cannot be told.
	Columns map[string]map[string]string
	// Fields are static fields of the platform with a known value.
	Fields map[string]string

	leaving map[string]bool // names of methods that are sinks of some class
	keeping map[string]bool // of those that keep values where others may read them
	reading map[string]bool // names of methods that are sources of some class
}

// Call is one line of the vocabulary: a method of the platform, by name or with its prototype.
type Call struct {
	Class, Name, Proto string // Proto is "" for every overload
	Source             string // type of data the call returns, or that its parameter Param brings
	Param              int    // of a callback: the parameter with the data, 1 is the first
	Flow               []Move
	Op                 string // built-in meaning: append, put, get, start-service …
	Key                int    // parameter with the key of put, get and their kin
	Args               []int  // parameters that matter to Op
	Text               string // what Op needs besides
	Sink               string // network, sms, log, file, process, intent, native …
	Payload            []int  // parameters that leave; 0 is the receiver
	To                 []int  // parameters that say where to
	Transport          string
	Profile            string // only under this profile
	Unless             string // a method, by class and name: where the code around calls it too, the source gives no data
	Always             bool   // stands before a body in the program
	Untested           bool
	Hits               *int
}

// Move says that what one place of a call holds goes to another.
type Move struct {
	From, To int // 0 receiver, 1… parameters, -1 result
	Bits     uint32
}

// URI is a content address.
type URI struct{ Prefix, Data string } // Data is a family of rows or a type of data

// transformBits are the names of transforms.
var transformBits = map[string]uint32{"hashed": asHashed, "encrypted": asEncrypted, "encoded": asEncoded, "compressed": asCompressed}

// Transforms spells transform bits.
func transforms(bits uint32) []string {
	var out []string
	for _, t := range [...]struct {
		bit  uint32
		name string
	}{{asHashed, "hashed"}, {asEncrypted, "encrypted"}, {asEncoded, "encoded"}, {asCompressed, "compressed"}} {
		if bits&t.bit != 0 {
			out = append(out, t.name)
		}
	}
	if len(out) == 0 {
		out = append(out, "plain")
	}
	return out
}

// lookup finds the line for a call: of the class it names, else of what the class is derived from.
func (a *analysis) lookup(class, name, proto string) *Call {
	key := class + "->" + name + proto
	if c, ok := a.calls[key]; ok {
		return c
	}
	var found *Call
	if strings.HasPrefix(class, "[") { // what an array inherits
		class = "Ljava/lang/Object;"
	}
	a.u.supers(class, func(s string) bool {
		byName := a.voc.Calls[s]
		if byName == nil {
			return true
		}
		for _, c := range byName[name] {
			if c.Profile != "" && c.Profile != a.profile {
				continue
			}
			if c.Proto == "" && found == nil || c.Proto != "" && strings.HasPrefix(proto, c.Proto) {
				found = c
				if c.Proto != "" {
					break
				}
			}
		}
		return found == nil
	})
	a.calls[key] = found
	return found
}
