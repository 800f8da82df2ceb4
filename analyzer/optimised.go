package analyzer

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"romscan/analyzer/fact"
	"romscan/analyzer/fact/dex"
	"romscan/analyzer/fact/dex/deodex"
	"romscan/analyzer/firmware"
	"romscan/analyzer/image"
	"romscan/analyzer/image/oat"
	"romscan/analyzer/image/odex"
)

// optimisers knows by which virtual machine the code in containers was optimised, and against what. It is safe for
// concurrent use.
type optimisers struct {
	mu sync.Mutex
	of map[string]optimiser // by the container's path
}

type optimiser struct {
	oat   int    // version of an OAT file, 0 of an odex
	build uint32 // of the Dalvik of an odex
	deps  []string
}

// note looks at the header of a container of code.
func (o *optimisers) note(f *image.File, c *image.Container) {
	if c == nil || c.FS == nil || len(c.Formats) == 0 {
		return
	}
	stream := f
	if c.Stream != nil {
		stream = c.Stream
	}
	var one optimiser
	switch c.Formats[len(c.Formats)-1] {
	case "odex":
		h, _ := odex.Parse(stream, stream.Size) // its gap is the container's
		if h == nil {
			return
		}
		one.build = h.Build
		for _, d := range h.Deps {
			one.deps = append(one.deps, d.Name)
		}
	case "oat":
		h, _ := oat.Parse(stream, stream.Size)
		if h == nil {
			return
		}
		one.oat = h.Version
	default:
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.of == nil {
		o.of = map[string]optimiser{}
	}
	o.of[f.Path.String()] = one
}

// recovery is the second look at files whose calls name no method, with the boot class path at hand.
type recovery struct {
	opt   Options
	rec   *fact.Record
	fw    *firmware.Firmware
	of    map[string]optimiser
	units map[string]int // of the files to look at, by path
}

// recoverCalls adds to a record the calls that optimisers took the names from. Everything it needs is read once more.
func (r *reader) recoverCalls(ctx context.Context, root *image.File, rec *fact.Record) error {
	v := &recovery{opt: r.opt, rec: rec, of: r.code.of, units: map[string]int{}}
	for i := range rec.Units {
		if slices.ContainsFunc(rec.Units[i].Gaps, dex.OptimisedGap) {
			v.units[rec.Units[i].File.Path.String()] = i
		}
	}
	if len(v.units) == 0 {
		return nil
	}
	v.fw = firmware.Assemble(rec)
	boot, err := v.boot(ctx, root)
	if err != nil {
		return err
	}
	inside := map[string]bool{}
	for name := range v.units {
		inside[name] = true
	}
	found, err := revisit(ctx, root, r.opt, inside, func(f *image.File, b *image.Budget) *recovered { return v.look(f, b, boot) })
	for _, x := range found {
		u := &rec.Units[v.units[x.at.String()]]
		u.Gaps = slices.DeleteFunc(u.Gaps, dex.OptimisedGap)
		if r.named == nil {
			r.named = map[string][]named{}
		}
		r.named[x.at.String()] = x.names
		u.Tables, u.Gaps = append(u.Tables, x.tables...), append(u.Gaps, x.gaps...)
	}
	return err
}

// revisit walks the tree to the files whose paths are wanted.
func revisit[T any](ctx context.Context, root *image.File, opt Options, wanted map[string]bool, visit func(*image.File, *image.Budget) *T) ([]*T, error) {
	o, err := opt.opener()
	if err != nil {
		return nil, err
	}
	around := map[string]bool{}
	for name := range wanted {
		for i := 0; i < len(name); {
			k := strings.Index(name[i:], image.Separator)
			if k < 0 {
				break
			}
			i += k
			around[name[:i]] = true
			i += len(image.Separator)
		}
	}
	o.Enter = func(f *image.File) bool { return around[f.Path.String()] }
	list, err := image.Walk(ctx, o, root, opt.jobs(), func(f *image.File, _ *image.Container) *T {
		if !wanted[f.Path.String()] {
			return nil
		}
		return visit(f, o.Budget)
	})
	return slices.DeleteFunc(list, func(t *T) bool { return t == nil }), err
}

// recovered is what a second look at a file adds.
type recovered struct {
	at     image.Path
	tables []*fact.Table
	gaps   []image.Gap
	names  []named
}

// named is one DEX file whose optimised instructions have names again.
type named struct {
	base   uint32 // offset of the file in its container
	set    *dex.Set
	result *deodex.Result
}

// look reads one file again. It returns nil where the container does not say what optimised the code: the gap stays.
func (v *recovery) look(f *image.File, b *image.Budget, boot classPaths) *recovered {
	by, ok := v.of[f.Path[:len(f.Path)-1].String()]
	if !ok {
		return nil
	}
	out := &recovered{at: f.Path}
	err := image.Contain(func() error {
		release, err := b.Hold(f.Size)
		if err != nil {
			return err
		}
		defer release()
		data, err := f.Bytes(b.MaxFile)
		if err != nil {
			return err
		}
		files, err := dex.Open(data)
		for _, d := range files {
			cp := boot.of(by)
			if d.DetectSet() == dex.Standard {
				continue
			}
			d.Set = cp.Runtime.Set // the container knows better
			r, err := cp.Rewrite(d)
			out.names = append(out.names, named{d.Base, d.Set, r})
			if err != nil {
				out.gaps = append(out.gaps, image.GapOf(f.Path, "deodex", err))
			}
			if t := d.RecoveredCalls(r.At); t != nil {
				t.Path = f.Path
				out.tables = append(out.tables, t)
			}
			if n := r.Lost(); n > 0 {
				err := image.Errorf(image.Unsupported, int64(d.Base), "%d of %d optimised instructions are not resolved: %s", n, r.Optimised, reasons(r))
				out.gaps = append(out.gaps, image.GapOf(f.Path, "deodex", err))
			}
		}
		return err
	})
	if err != nil {
		out.gaps = append(out.gaps, image.GapOf(f.Path, "deodex", err))
	}
	return out
}

// reasons names why instructions stay, the most frequent first.
func reasons(r *deodex.Result) string {
	most, why := 0, deodex.ClassPathMissing
	for i, n := range r.Left {
		switch k := deodex.Reason(i); k {
		case deodex.ReceiverNull, deodex.Unreachable, deodex.Rejected, deodex.ReceiverUnknown:
		default:
			if n > most {
				most, why = n, k
			}
		}
	}
	if most == 0 {
		why = deodex.ReceiverUnknown
	}
	return fmt.Sprint(why)
}

// frameworkDir is where the boot class path lies.
const frameworkDir = "/system/framework/"

// stem is the device path of the app or jar that a unit's code is of, without its ending.
func (v *recovery) stem(i int) string {
	s := v.fw.Spots[i]
	if owner := firmware.CodeOwner(s.Device); owner != "" {
		return owner
	}
	return strings.TrimSuffix(s.Device, path.Ext(s.Device))
}
