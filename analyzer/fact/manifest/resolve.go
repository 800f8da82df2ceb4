package manifest

import (
	"bytes"
	"fmt"

	"github.com/avast/apkparser"

	"romscan/analyzer/image"
)

// resolver looks resource references up. The table is read at the first reference: many overlays have none.
type resolver struct {
	load  func() ([]byte, error)
	table *apkparser.ResourceTable
	tried bool
	known map[uint32]string
	err   error // why references stay numbers
}

// maxHops bounds references to references.
const maxHops = 8

// maxReferences bounds the different references looked up: in a hostile table each may cost a pass over all of it.
const maxReferences = 4096

// value returns what a reference stands for in the default configuration: a string, number or file name. A resource
// of several values is named "@style/Theme"; one of another package, or of none, keeps its number: "@0x01040000".
func (r *resolver) value(id uint32) string {
	number := fmt.Sprintf("@0x%08x", id)
	if id == 0 {
		return "@null"
	}
	if v, ok := r.known[id]; ok {
		return v
	}
	if !r.open() {
		return number
	}
	if len(r.known) >= maxReferences {
		r.err = fmt.Errorf("%w: more than %d references", image.ErrBudget, maxReferences)
		return number
	}
	v := r.lookUp(id, number)
	r.known[id] = v
	return v
}

func (r *resolver) lookUp(id uint32, number string) string {
	out := number
	err := image.Contain(func() error {
		for range maxHops {
			e, err := r.table.GetResourceEntry(id)
			if err != nil {
				return nil // not in this table: most often a resource of the framework
			}
			name := "@" + e.ResourceType + "/" + e.Key
			out = name
			if e.IsComplex() {
				return nil
			}
			v := e.GetValue()
			if v.Type() == apkparser.AttrTypeReference && v.RawData() != 0 {
				id = v.RawData()
				out = fmt.Sprintf("@0x%08x", id)
				continue
			}
			if s, err := v.String(); err == nil {
				out = s
			}
			return nil
		}
		return nil
	})
	if err != nil {
		r.err = err
	}
	return out
}

func (r *resolver) open() bool {
	if r.tried {
		return r.table != nil
	}
	r.tried, r.known = true, map[uint32]string{}
	data, err := r.load()
	if err != nil || len(data) == 0 {
		r.err = err
		return false
	}
	err = image.Contain(func() (err error) {
		r.table, err = apkparser.ParseResourceTable(bytes.NewReader(data))
		return err
	})
	if err != nil {
		r.table = nil
		if image.GapOf(nil, "", err).Reason != image.Panicked {
			err = image.Errorf(image.Malformed, -1, "resources.arsc: %v", err)
		}
		r.err = err
	}
	return r.table != nil
}
