package payload

import "strconv"

// kind is an InstallOperation.Type.
type kind uint16

const (
	replace         kind = 0
	replaceBZ       kind = 1
	move            kind = 2
	bsdiff          kind = 3
	sourceCopy      kind = 4
	sourceBSDiff    kind = 5
	zero            kind = 6
	discard         kind = 7
	replaceXZ       kind = 8
	puffDiff        kind = 9
	brotliBSDiff    kind = 10
	zucchini        kind = 11
	lz4diffBSDiff   kind = 12
	lz4diffPuffDiff kind = 13
	replaceZstd     kind = 14
	kinds           kind = 15 // how many there are; any other is unknown
)

var kindNames = [kinds]string{
	"REPLACE", "REPLACE_BZ", "MOVE", "BSDIFF", "SOURCE_COPY", "SOURCE_BSDIFF", "ZERO", "DISCARD", "REPLACE_XZ",
	"PUFFDIFF", "BROTLI_BSDIFF", "ZUCCHINI", "LZ4DIFF_BSDIFF", "LZ4DIFF_PUFFDIFF", "ZSTD",
}

func (k kind) String() string {
	if k < kinds {
		return kindNames[k]
	}
	return "type " + strconv.FormatUint(uint64(k), 10)
}

// isZero: the blocks read as zeros. Those of DISCARD are undefined on a device; generators write it for zeros.
func (k kind) isZero() bool { return k == zero || k == discard }

// hasData: the blocks come from the operation's data alone.
func (k kind) hasData() bool {
	return k == replace || k == replaceBZ || k == replaceXZ || k == replaceZstd
}

// patches: the operation's data is a patch to the partition as it was before, and of a kind that is applied.
func (k kind) patches() bool {
	return k == sourceBSDiff || k == brotliBSDiff || k == puffDiff
}

// needsBase: the blocks come from the partition as it was before.
func (k kind) needsBase() bool { return k < kinds && !k.isZero() && !k.hasData() }
