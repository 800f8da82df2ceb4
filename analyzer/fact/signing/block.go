package signing

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/avast/apkverifier/apilevel"
	"github.com/avast/apkverifier/signingblock"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// The APK Signing Block lies right before the central directory and ends in its size and a magic
// (https://source.android.com/docs/security/features/apksigning/v2#apk-signing-block).
const (
	blockMember = "APK Signing Block"
	blockMagic  = "APK Sig Block 42"
	blockFooter = 24
	maxBlock    = 64 << 20 // honest ones take kilobytes; Play's metadata and padding some more
	maxPairs    = 1024
	maxValue    = 128 << 10 // of one scheme: the time a key can cost grows with the square of its length
)

// scheme is a signature scheme of the block and a range of API levels that goes by it and none newer.
type scheme struct {
	id       uint32
	name     string
	min, max int32
}

// schemes, the strongest first.
var schemes = []scheme{
	{0x1b93ad61, "v3.1", 33, apilevel.V_AnyMax},
	{0xf05368c0, "v3", 28, 32},
	{0x7109871a, "v2", 24, 27},
}

// block returns the signers of the signing block. The strongest scheme is verified over the whole file; of the
// others the signatures are, which sign the same digests.
func block(p *fact.Pass) ([]signer, error) {
	z, ok := p.FS.(interface{ Directory() int64 })
	if !ok {
		return nil, nil
	}
	start, size, err := locate(p.File, p.File.Size, z.Directory())
	if err != nil || size == 0 {
		return nil, err
	}
	have, err := pairs(p.File, start, size)
	var out []signer
	whole := p.File.Size <= p.Budget.MaxFile
	for _, s := range schemes {
		if have[s.id] == 0 {
			continue
		}
		if n := have[s.id]; n > maxValue {
			err = errors.Join(err, fmt.Errorf("%w: %s signature of %d bytes, limit %d", image.ErrBudget, s.name, n, maxValue))
			continue
		}
		found, serr := s.signers(p.File, p.File.Size, start, size, whole)
		out = append(out, found...)
		err = errors.Join(err, serr)
		whole = false
	}
	return out, err
}

// locate returns where the signing block before a central directory begins and how long it is; length 0 where there
// is none.
func locate(r io.ReaderAt, size, dir int64) (int64, int64, error) {
	if dir < blockFooter+8 || dir > size {
		return 0, 0, nil
	}
	foot, err := bin.ReadAt(r, size, dir-blockFooter, blockFooter, blockFooter)
	if err != nil {
		return 0, 0, err
	}
	if string(foot[8:]) != blockMagic {
		return 0, 0, nil
	}
	n := binary.LittleEndian.Uint64(foot)
	if n < blockFooter || n > uint64(dir-8) {
		return 0, 0, image.Errorf(image.Malformed, dir-blockFooter, "signing block of %d bytes", n)
	}
	if n > maxBlock {
		return 0, 0, fmt.Errorf("%w: signing block of %d bytes, limit %d", image.ErrBudget, n, maxBlock)
	}
	return dir - 8 - int64(n), int64(n) + 8, nil
}

// pairs returns the lengths of the block's values by id.
func pairs(r io.ReaderAt, start, size int64) (map[uint32]int64, error) {
	have := map[uint32]int64{}
	end := start + size - blockFooter
	for off, n := start+8, 0; off < end && n < maxPairs; n++ {
		b, err := bin.ReadAt(r, end, off, 12, 12)
		if err != nil {
			return have, err
		}
		length := binary.LittleEndian.Uint64(b)
		if length < 4 || length > uint64(end-off-8) {
			return have, image.Errorf(image.Malformed, off, "signing block value of %d bytes", length)
		}
		have[binary.LittleEndian.Uint32(b[8:])] = int64(length)
		off += 8 + int64(length)
	}
	return have, nil
}

// signers returns those of one scheme. A signature that does not hold is a finding about the APK, no failure to read
// it: only one that names no certificate is an error.
func (s *scheme) signers(r io.ReaderAt, size, start, length int64, whole bool) ([]signer, error) {
	var res *signingblock.VerificationResult
	verified := unknown
	err := image.Contain(func() (err error) {
		section := io.NewSectionReader(r, 0, size)
		if !whole {
			res = &signingblock.VerificationResult{}
			res.Certs, err = signingblock.ExtractCertsReader(section, s.min, s.max)
			return err
		}
		empty, err := archive()
		if err != nil {
			return err
		}
		res, _, err = signingblock.VerifySigningBlockReaderWithZip(section, s.min, s.max, empty)
		return err
	})
	why := ""
	switch {
	case panicked(err):
		why = reason(err)
	case err != nil:
		verified, why = no, reason(err)
	case whole:
		verified = yes
	}
	var out []signer
	if res != nil {
		for _, chain := range res.Certs {
			if len(chain) > 0 {
				out = append(out, signer{chain[0], s.name, verified, blockMember, start, why})
			}
		}
	}
	if len(out) == 0 {
		for _, c := range certificates(r, start, length, s.id) {
			out = append(out, signer{c, s.name, verified, blockMember, start, why})
		}
	}
	if len(out) == 0 || panicked(err) {
		return out, broken(err, start, s.name+" signature")
	}
	return out, nil
}
