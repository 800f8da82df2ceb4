//go:build unix

package dir

import (
	"io/fs"
	"syscall"
)

// owner returns the host's owner and group of a file.
func owner(info fs.FileInfo) (uid, gid uint32) {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return s.Uid, s.Gid
	}
	return 0, 0
}
