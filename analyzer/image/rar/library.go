package rar

import (
	"io"

	"github.com/nwaples/rardecode/v2"

	"romscan/analyzer/image"
)

// contained runs a call of the library. Some headers that are too short for what they say make it panic; then the
// files before them are kept, as with any other damage.
func contained[T any](call func() (T, error)) (v T, err error) {
	err = image.Contain(func() (err error) { v, err = call(); return err })
	return v, err
}

// catalogue lists an archive without decoding it.
func (a *archive) catalogue(more ...rardecode.Option) ([]*rardecode.File, error) {
	return contained(func() ([]*rardecode.File, error) { return rardecode.List(a.parts[0].Name, a.options(more...)...) })
}

// through begins to go through an archive, file by file.
func (a *archive) through(more ...rardecode.Option) (*passage, error) {
	return contained(func() (*passage, error) {
		r, err := rardecode.OpenReader(a.parts[0].Name, a.options(more...)...)
		if err != nil {
			return nil, err
		}
		return &passage{r}, nil
	})
}

// passage reads the files of an archive one after the other.
type passage struct{ *rardecode.ReadCloser }

// Next comes to the next file. Reads of it are contained where they are timed: see [paced].
func (p *passage) Next() (*rardecode.FileHeader, error) { return contained(p.ReadCloser.Next) }

// opener is how the library begins a file.
func opener(f *rardecode.File) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return contained(f.Open) }
}
