//go:build !unix

package dir

import "io/fs"

// owner is not known here.
func owner(fs.FileInfo) (uid, gid uint32) { return 0, 0 }
