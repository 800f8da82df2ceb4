package analyzer

import (
	"io/fs"
	"path"

	"romscan/analyzer/fact/dex"
	"romscan/analyzer/fact/manifest"
	"romscan/analyzer/image"
)

// Decode turns a file into text: a binary manifest into XML (with the resources of the APK it was opened
// from, where c is that APK), code into a disassembly, of one method if method is not "".
func Decode(f *image.File, c *image.Container, opt Options, method string) (string, error) {
	if c != nil && c.FS != nil {
		if data, err := fs.ReadFile(c.FS, "AndroidManifest.xml"); err == nil {
			arsc, _ := fs.ReadFile(c.FS, "resources.arsc")
			return manifest.Decode(data, arsc)
		}
	}
	data, err := f.Bytes(opt.Limits.MaxFile)
	if err != nil {
		return "", err
	}
	if path.Ext(f.Path.Name()) == ".xml" && len(data) > 4 && data[1] == 0 {
		return manifest.Decode(data, nil)
	}
	return dex.Listing(data, method)
}

// UsersOf names the methods of a DEX file that use a string, type, field or method.
func UsersOf(f *image.File, opt Options, name string) ([]string, error) {
	data, err := f.Bytes(opt.Limits.MaxFile)
	if err != nil {
		return nil, err
	}
	return dex.UsersOf(data, name)
}
