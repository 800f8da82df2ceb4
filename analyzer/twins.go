package analyzer

import (
	"slices"
	"sync"

	"romscan/analyzer/fact"
)

// twins makes files of the same bytes share what was seen in them: both slots of a device, or an app that lies in two places,
// take the memory of one. It is safe for concurrent use.
type twins struct {
	mu    sync.Mutex
	first map[fact.Digest]*fact.Unit
}

// share replaces the facts and tables of a unit, but for their paths, by those of the first unit with the same bytes.
func (t *twins) share(u *fact.Unit) {
	if len(u.Facts)+len(u.Tables) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.first == nil {
		t.first = map[fact.Digest]*fact.Unit{}
	}
	f := t.first[u.File.SHA256]
	if f == nil || len(f.Facts) != len(u.Facts) || len(f.Tables) != len(u.Tables) || !slices.Equal(f.File.Ran, u.File.Ran) {
		one := *u // as it is now: what is known of the app is added to u later
		one.Facts, one.Tables = slices.Clone(u.Facts), slices.Clone(u.Tables)
		t.first[u.File.SHA256] = &one
		return
	}
	for i := range u.Facts {
		at := u.Facts[i].At.Path
		u.Facts[i] = f.Facts[i]
		u.Facts[i].At.Path = at
	}
	for i, own := range u.Tables {
		one := *f.Tables[i]
		one.Path = own.Path
		u.Tables[i] = &one
	}
	u.File.Ran = f.File.Ran
}
