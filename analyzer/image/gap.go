package image

import (
	"context"
	"errors"
	"fmt"
	"io"

	"romscan/analyzer/image/bin"
)

// Reason classes a Gap, so that a consumer can tell a broken download from a locked container.
type Reason string

// The reasons.
const (
	Unreadable  Reason = "unreadable"  // the bytes could not be had
	Malformed   Reason = "malformed"   // the bytes contradict their format
	Truncated   Reason = "truncated"   // the bytes end too early
	Unsupported Reason = "unsupported" // a variant that is not covered
	Encrypted   Reason = "encrypted"   // a key would be needed
	OverBudget  Reason = "budget"      // a limit of this run was reached
	Panicked    Reason = "panic"       // a defect of romscan, contained
	Tampered    Reason = "tampered"    // two readings of the same bytes disagree
)

// Gap is something that was not read or not decided. It never stops a scan and is never dropped.
type Gap struct {
	At     Path   `json:"at"`
	Offset int64  `json:"offset"` // in the file At names, -1 where unknown
	Reason Reason `json:"reason"`
	By     string `json:"by"` // the format or analyzer that met it
	Detail string `json:"detail"`
}

// Error is a Gap on its way up: formats return it, the walker adds the place.
type Error struct {
	Reason Reason
	Offset int64
	Detail string
}

func (e *Error) Error() string {
	if e.Offset >= 0 {
		return fmt.Sprintf("%s at 0x%x: %s", e.Reason, e.Offset, e.Detail)
	}
	return fmt.Sprintf("%s: %s", e.Reason, e.Detail)
}

// Errorf returns an Error; offset -1 means unknown.
func Errorf(reason Reason, offset int64, format string, args ...any) *Error {
	return &Error{Reason: reason, Offset: offset, Detail: fmt.Sprintf(format, args...)}
}

// GapOf turns any error into the Gap it stands for.
func GapOf(at Path, by string, err error) Gap {
	g := Gap{At: at, Offset: -1, Reason: Unreadable, By: by, Detail: err.Error()}
	var e *Error
	var r *bin.RangeError
	switch {
	case errors.As(err, &e):
		g.Reason, g.Offset, g.Detail = e.Reason, e.Offset, e.Detail
	case errors.Is(err, ErrBudget), errors.Is(err, context.DeadlineExceeded):
		g.Reason = OverBudget
	case errors.As(err, &r):
		g.Reason, g.Offset = Truncated, r.Off
	case errors.Is(err, io.ErrUnexpectedEOF):
		g.Reason = Truncated
	}
	return g
}
