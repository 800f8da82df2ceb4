package report

import (
	"strconv"
	"strings"
)

// Mark is one instruction that a listing of a flow shows: what it does on the way of the data.
type Mark struct {
	Role   string // reads, entry, behind, sets, calls, sends
	What   string // the comment as the listing has it: "reads device.imei"
	Method string // descriptor of the method the instruction stands in
	Unit   int    // 16-bit code-unit address in the method, -1 where the listing has none
	Text   string // the instruction
	Line   int    // index of the instruction's line in the listing
}

// Trail takes the listing of a flow apart: from the call that reads the data to the one that sends it. Other steps
// have no trail.
func Trail(s *Step) []Mark {
	if s.Kind != "flow" || s.Listing == nil {
		return nil
	}
	lines := strings.Split(s.Listing.Text, "\n")
	var out []Mark
	for i := 0; i+1 < len(lines); i += 2 {
		head, ok := strings.CutPrefix(lines[i], "# ")
		at := strings.LastIndex(head, ", in ")
		if !ok || at < 0 {
			break
		}
		m := Mark{What: head[:at], Method: head[at+len(", in "):], Unit: -1, Line: i + 1}
		addr, text, _ := strings.Cut(lines[i+1], ":")
		if n, err := strconv.ParseUint(strings.TrimSpace(addr), 16, 31); err == nil {
			m.Unit, m.Text = int(n), strings.TrimSpace(text)
		}
		m.Role, _, _ = strings.Cut(m.What, " ")
		if m.Role == "on" {
			m.Role = "entry"
		}
		out = append(out, m)
	}
	return out
}
