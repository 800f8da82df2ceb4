package analyzer

import (
	"cmp"
	"context"
	"maps"
	"path"
	"slices"
	"strings"

	"romscan/analyzer/fact/dex"
	"romscan/analyzer/fact/dex/deodex"
	"romscan/analyzer/firmware"
	"romscan/analyzer/image"
)

// classPaths are the boot class paths of an image: one for every virtual machine that optimised code in it.
type classPaths map[string]*deodex.ClassPath

func (o optimiser) key() string { return o.runtime(0).Name }

func (o optimiser) runtime(sdk int) *deodex.Runtime {
	if o.oat > 0 {
		return deodex.ForOAT(o.oat)
	}
	return deodex.ForOdex(sdk, o.build)
}

// of returns the class path for code of an optimiser; where nothing is known, one that has Object only.
func (c classPaths) of(o optimiser) *deodex.ClassPath {
	if cp := c[o.key()]; cp != nil {
		return cp
	}
	return deodex.NewClassPath(o.runtime(0), nil)
}

// boot reads the boot class paths. They stay in memory as long as code is looked at, so they get the quarter of the budget
// that neither the cache of blocks nor files being read have; what does not fit is missing.
func (v *recovery) boot(ctx context.Context, root *image.File) (classPaths, error) {
	var dalvik, art optimiser
	for _, name := range slices.Sorted(maps.Keys(v.units)) { // of one image all are alike; later jars of the class path have longer lists
		p := v.rec.Units[v.units[name]].File.Path
		o, ok := v.of[p[:len(p)-1].String()]
		switch {
		case ok && o.oat > 0 && art.oat == 0:
			art = o
		case ok && o.oat == 0 && len(o.deps) > len(dalvik.deps):
			dalvik = o
		}
	}
	out := classPaths{}
	left := v.opt.Limits.Memory / 4
	for _, o := range []optimiser{dalvik, art} {
		var units []int
		switch {
		case o.oat > 0:
			units = v.bootOAT()
		case len(o.deps) > 0:
			units = v.bootOdex(o.deps)
		default:
			continue
		}
		files, err := v.open(ctx, root, units, &left)
		if err != nil {
			return nil, err
		}
		out[o.key()] = deodex.NewClassPath(o.runtime(v.fw.Identity.SDK), files)
	}
	return out, nil
}

// bootOdex finds the files that an odex names.
func (v *recovery) bootOdex(deps []string) []int {
	order := map[string]int{}
	for i, d := range deps {
		if !strings.HasPrefix(d, "/") { // a name of dalvik-cache
			d = "/data/dalvik-cache/" + d
		}
		order[firmware.CodeOwner(d)] = i
	}
	var units []int
	taken := map[string]bool{}
	for i := range v.rec.Units {
		name := v.stem(i)
		if _, ok := order[name]; ok && v.holdsDex(i) && !taken[name+v.member(i)] {
			taken[name+v.member(i)] = true
			units = append(units, i)
		}
	}
	slices.SortStableFunc(units, func(a, b int) int { return cmp.Compare(order[v.stem(a)], order[v.stem(b)]) })
	return units
}

// bootOAT finds the DEX files of the boot image: boot.oat, from Android 7 on several.
func (v *recovery) bootOAT() []int {
	var units []int
	for i := range v.rec.Units {
		name, ok := strings.CutPrefix(v.stem(i), frameworkDir)
		if ok && (name == "boot" || strings.HasPrefix(name, "boot-")) && v.holdsDex(i) && !v.fw.Copy(i) {
			units = append(units, i)
		}
	}
	return units
}

func (v *recovery) member(i int) string { return path.Base(v.fw.Spots[i].Member) }

func (v *recovery) holdsDex(i int) bool {
	return slices.Contains(v.rec.Units[i].File.Ran, "dex")
}

// open reads the DEX files of units, in their order, as far as left bytes allow.
func (v *recovery) open(ctx context.Context, root *image.File, units []int, left *int64) ([]*dex.File, error) {
	order := map[string]int{}
	wanted := map[string]bool{}
	for k, i := range units {
		u := &v.rec.Units[i]
		if *left -= u.File.Size; *left < 0 {
			break
		}
		name := u.File.Path.String()
		wanted[name], order[name] = true, k
	}
	if len(wanted) == 0 {
		return nil, nil
	}
	type part struct {
		order int
		files []*dex.File
	}
	parts, err := revisit(ctx, root, v.opt, wanted, func(f *image.File, b *image.Budget) *part {
		p := &part{order: order[f.Path.String()]}
		_ = image.Contain(func() error { // what cannot be read has its gap in the record
			data, err := f.Bytes(b.MaxFile)
			if err == nil {
				p.files, _ = dex.Open(data)
			}
			return err
		})
		return p
	})
	slices.SortFunc(parts, func(a, b *part) int { return cmp.Compare(a.order, b.order) })
	var files []*dex.File
	for _, p := range parts {
		files = append(files, p.files...)
	}
	return files, err
}
