package image

import "io"

// sniffHead is how much of a file is read once for all sniffers: nearly all look there, and there are dozens.
const sniffHead = 8 << 10

// headed serves reads of the first bytes from memory.
type headed struct {
	io.ReaderAt
	head []byte
}

func newHeaded(r io.ReaderAt, size int64) *headed {
	head := make([]byte, min(size, sniffHead))
	n, _ := r.ReadAt(head, 0) // what cannot be read is asked for again, and then fails
	return &headed{r, head[:n]}
}

// ReadAt implements [io.ReaderAt].
func (h *headed) ReadAt(p []byte, off int64) (int, error) {
	if off >= 0 && off+int64(len(p)) <= int64(len(h.head)) {
		return copy(p, h.head[off:]), nil
	}
	return h.ReaderAt.ReadAt(p, off)
}
