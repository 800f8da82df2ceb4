package tar

import (
	"bytes"
	"io/fs"
	"math"
	"strconv"
	"strings"

	"romscan/analyzer/image"
)

// header is one block of 512 bytes, and what the extended headers before it change.
type header struct {
	name, link string
	mode       int64
	uid, gid   uint32
	size       int64
	kind       byte
	magic      bool // ustar or GNU, not v7
	label      string
	sparse     bool
}

// parseHeader returns nil for a block of zeros. pos is its offset, for errors.
func parseHeader(raw []byte, pos int64) (*header, error) {
	if !checksum(raw) {
		if len(bytes.Trim(raw, "\x00")) == 0 {
			return nil, nil
		}
		return nil, image.Errorf(image.Malformed, pos, "no header: its checksum is wrong")
	}
	h := &header{
		name: cString(raw[0:100]),
		link: cString(raw[157:257]),
		kind: raw[156],
	}
	var err error
	number := func(from, to int) int64 {
		n, nerr := parseNumber(raw[from:to], pos+int64(from))
		if err == nil {
			err = nerr
		}
		return n
	}
	h.mode = number(100, 108)
	h.size = number(124, 136)
	if err != nil {
		return nil, err
	}
	// A broken owner does not make the content unreadable.
	h.uid, h.gid = uint32(number(108, 116)), uint32(number(116, 124))
	switch string(raw[257:263]) {
	case "ustar\x00":
		h.magic = true
		if prefix := cString(raw[345:500]); prefix != "" {
			h.name = prefix + "/" + h.name
		}
	case "ustar ": // GNU puts other things where ustar has the prefix
		h.magic = true
	}
	return h, nil
}

// checksum compares the stated sum of all bytes with the sum of them as unsigned and as signed bytes; both
// are met.
func checksum(raw []byte) bool {
	stated, err := parseNumber(raw[148:156], 0)
	if err != nil {
		return false
	}
	var unsigned, signed int64
	for i, b := range raw {
		if i >= 148 && i < 156 {
			b = ' '
		}
		unsigned += int64(b)
		signed += int64(int8(b))
	}
	return stated == unsigned || stated == signed
}

// parseNumber reads octal digits between spaces and NULs or, with the first bit set, GNU's big-endian binary.
func parseNumber(raw []byte, pos int64) (int64, error) {
	if raw[0]&0x80 != 0 {
		n := int64(raw[0] & 0x7F)
		for _, b := range raw[1:] {
			if n > math.MaxInt64>>8 {
				return 0, image.Errorf(image.Malformed, pos, "a number beyond 63 bits")
			}
			n = n<<8 | int64(b)
		}
		return n, nil
	}
	digits := strings.Trim(string(raw), " \x00")
	if digits == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(digits, 8, 63)
	if err != nil {
		return 0, image.Errorf(image.Malformed, pos, "%q is no octal number", digits)
	}
	return int64(n), nil
}

func cString(raw []byte) string {
	if i := bytes.IndexByte(raw, 0); i >= 0 {
		raw = raw[:i]
	}
	return string(raw)
}

// dataSize is how much data follows: links and the like have none, whatever their size says.
func (h *header) dataSize() int64 {
	switch h.kind {
	case '1', '2', '3', '4', '5', '6':
		return 0
	}
	return h.size
}

func (h *header) fileMode() fs.FileMode {
	m := fs.FileMode(h.mode & 0o777)
	if h.mode&0o4000 != 0 {
		m |= fs.ModeSetuid
	}
	if h.mode&0o2000 != 0 {
		m |= fs.ModeSetgid
	}
	if h.mode&0o1000 != 0 {
		m |= fs.ModeSticky
	}
	switch h.kind {
	case '2':
		m |= fs.ModeSymlink
	case '3':
		m |= fs.ModeDevice | fs.ModeCharDevice
	case '4':
		m |= fs.ModeDevice
	case '5':
		m |= fs.ModeDir
	case '6':
		m |= fs.ModeNamedPipe
	case 0, '0': // v7 has no type for directories: their names end in a slash
		if strings.HasSuffix(h.name, "/") {
			m |= fs.ModeDir
		}
	}
	return m
}

// records are what pax headers and GNU's long names say, of the keys that matter here. The zero value is empty.
type records struct {
	path, link, label *string
	size, uid, gid    *int64
	sparse            bool
}

func (r *records) set(key, value string) {
	number := func() *int64 {
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil || n < 0 {
			return nil
		}
		return &n
	}
	switch key {
	case "path":
		r.path = &value
	case "linkpath":
		r.link = &value
	case "size":
		r.size = number()
	case "uid":
		r.uid = number()
	case "gid":
		r.gid = number()
	case "SCHILY.xattr.security.selinux", "RHT.security.selinux":
		label := strings.ToValidUTF8(strings.TrimRight(value, "\x00"), "\uFFFD")
		r.label = &label
	default:
		r.sparse = r.sparse || strings.HasPrefix(key, "GNU.sparse.")
	}
}

// parse reads the records of a pax header: "LENGTH KEY=VALUE\n", the length in decimal and of all of it.
func (r *records) parse(raw []byte, pos int64) error {
	for at := 0; at < len(raw) && raw[at] != 0; {
		rest := raw[at:]
		space := bytes.IndexByte(rest[:min(len(rest), 12)], ' ')
		if space < 0 {
			return image.Errorf(image.Malformed, pos+int64(at), "a pax record without a length")
		}
		length, err := strconv.Atoi(string(rest[:space]))
		if err != nil || length <= space+1 || length > len(rest) || rest[length-1] != '\n' {
			return image.Errorf(image.Malformed, pos+int64(at), "a pax record of length %q", rest[:space])
		}
		key, value, _ := strings.Cut(string(rest[space+1:length-1]), "=")
		r.set(key, value)
		at += length
	}
	return nil
}

// apply lets records replace what the header says.
func (h *header) apply(r records) {
	if r.path != nil {
		h.name = *r.path
	}
	if r.link != nil {
		h.link = *r.link
	}
	if r.label != nil {
		h.label = *r.label
	}
	if r.size != nil {
		h.size = *r.size
	}
	if r.uid != nil {
		h.uid = uint32(*r.uid)
	}
	if r.gid != nil {
		h.gid = uint32(*r.gid)
	}
	h.sparse = h.sparse || r.sparse
}
