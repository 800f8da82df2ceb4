package image

import "io/fs"

// UnixMode maps the i_mode of a Unix file system (inode(7)): type, permissions, setuid, setgid and sticky bits.
// ok is false for a type that does not exist, as deleted inodes have.
func UnixMode(mode uint16) (m fs.FileMode, ok bool) {
	m = fs.FileMode(mode & 0o777)
	if mode&0o4000 != 0 {
		m |= fs.ModeSetuid
	}
	if mode&0o2000 != 0 {
		m |= fs.ModeSetgid
	}
	if mode&0o1000 != 0 {
		m |= fs.ModeSticky
	}
	switch mode & 0xF000 {
	case 0x8000:
	case 0x4000:
		m |= fs.ModeDir
	case 0xA000:
		m |= fs.ModeSymlink
	case 0x1000:
		m |= fs.ModeNamedPipe
	case 0xC000:
		m |= fs.ModeSocket
	case 0x2000:
		m |= fs.ModeDevice | fs.ModeCharDevice
	case 0x6000:
		m |= fs.ModeDevice
	default:
		return m, false
	}
	return m, true
}
