package image

import "io"

// Base gives the partitions of the firmware that an incremental update starts from.
type Base interface {
	// Partition returns the raw content of a partition, "system" or "boot", of size bytes; with size 0 or less, of any
	// size. Where several fit, the first in tree order is taken. The error says what was looked for where there is none.
	// The result is safe for concurrent use and stays open as long as the Base does.
	Partition(name string, size int64) (r io.ReaderAt, length int64, err error)
}
