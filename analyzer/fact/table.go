package fact

import (
	"fmt"
	"strings"

	"romscan/analyzer/image"
)

// Table is the compact form of the many facts of one kind from one file: the strings, classes or calls of a
// DEX. Row i is the fact with Column = Values[i] and the Common fields; its Sites say who uses it.
type Table struct {
	Kind   Kind       `json:"fact"`
	Column string     `json:"column"` // field that Values fill
	Common Fields     `json:"common,omitempty"`
	Path   image.Path `json:"-"`

	Values []string `json:"values"`           // sorted bytewise, unique
	Starts []uint32 `json:"starts,omitempty"` // Sites[Starts[i]:Starts[i+1]] use Values[i]; nil where there are none
	Sites  []Site   `json:"sites,omitempty"`
	// Members are the names Sites refer to: methods "Lcom/x/Y;->m()V" in DEX, sections in ELF, elements in XML.
	Members []string `json:"members,omitempty"`
	// Idle says of Members, in a pass, which of them nothing in the file calls; nil where that cannot be told. It is not saved.
	Idle []bool `json:"-"`
}

// Unused tells whether every use of row i is by a member that nothing in the file calls. It is false where that cannot be told.
func (t *Table) Unused(i int) bool {
	sites := t.SitesOf(i)
	for _, s := range sites {
		if int(s.Member) >= len(t.Idle) || !t.Idle[s.Member] {
			return false
		}
	}
	return len(sites) > 0
}

// Site is one use of a value.
type Site struct {
	Member uint32    `json:"m"`
	Offset uint32    `json:"o"`           // bytes from the start of the file
	Unit   uint32    `json:"u,omitempty"` // DEX: code-unit address inside the member; text: line number
	Code   [3]uint16 `json:"c"`           // DEX: the instruction's first three code units; else zero
}

// SitesOf returns the uses of row i.
func (t *Table) SitesOf(i int) []Site {
	if t.Starts == nil {
		return nil
	}
	return t.Sites[t.Starts[i]:t.Starts[i+1]]
}

// Row returns row i as a fact, placed at its first use.
func (t *Table) Row(i int) Fact {
	f := Fact{Kind: t.Kind, Fields: t.Common.With(t.Column, t.Values[i]), At: Place{Path: t.Path, Offset: -1}}
	sites := t.SitesOf(i)
	if len(sites) == 0 {
		return f
	}
	f.At = t.Place(sites[0])
	if sites[0].Code != ([3]uint16{}) {
		f.Evidence = t.listing(t.Values[i], sites)
	}
	return f
}

// Place returns where a site is.
func (t *Table) Place(s Site) Place {
	p := Place{Path: t.Path, Offset: int64(s.Offset)}
	if int(s.Member) < len(t.Members) {
		p.Member = t.Members[s.Member]
	}
	if s.Code != ([3]uint16{}) {
		p.Unit = int(s.Unit)
	} else {
		p.Line = int(s.Unit)
	}
	return p
}

// maxListed bounds the uses one listing shows.
const maxListed = 4

// listing shows the instructions that use a value, grouped under their methods.
func (t *Table) listing(value string, sites []Site) *Evidence {
	var b strings.Builder
	e := &Evidence{Name: t.Members[sites[0].Member], Language: "smali", Mark: 1}
	last := -1
	for i, s := range sites {
		if i == maxListed {
			fmt.Fprintf(&b, "# and %d more uses\n", len(sites)-maxListed)
			break
		}
		if int(s.Member) != last {
			fmt.Fprintf(&b, "# %s\n", t.Members[s.Member])
			last = int(s.Member)
		}
		fmt.Fprintf(&b, "%04x: %s\n", s.Unit, Instruction(s.Code, value))
	}
	e.Text = strings.TrimSuffix(b.String(), "\n")
	return e
}

// Instruction prints the instruction whose first code units are code, with its constant operand spelled out:
// const-string, the calls, and the instructions that make the array a string was recovered from. Other
// instructions print as their units.
func Instruction(code [3]uint16, operand string) string {
	op, a := byte(code[0]), code[0]>>8
	switch {
	case op == 0x1a || op == 0x1b:
		name := map[byte]string{0x1a: "const-string", 0x1b: "const-string/jumbo"}[op]
		return fmt.Sprintf("%s v%d, %q", name, a, operand)
	case op >= 0x6e && op <= 0x72:
		regs := [5]uint16{code[2] & 15, code[2] >> 4 & 15, code[2] >> 8 & 15, code[2] >> 12, a & 15}
		var args []string
		for _, r := range regs[:min(a>>4, 5)] {
			args = append(args, fmt.Sprintf("v%d", r))
		}
		return fmt.Sprintf("%s {%s}, %s", invokes[op-0x6e], strings.Join(args, ", "), operand)
	case op >= 0x74 && op <= 0x78:
		return fmt.Sprintf("%s/range {v%d .. v%d}, %s", invokes[op-0x74], code[2], int(code[2])+max(int(a), 1)-1, operand)
	}
	switch op {
	case 0x23:
		return fmt.Sprintf("new-array v%d, v%d, %q", a&15, a>>4, operand)
	case 0x24, 0x25:
		return fmt.Sprintf("filled-new-array %q", operand)
	case 0x26:
		return fmt.Sprintf("fill-array-data v%d, %q", a, operand)
	}
	return fmt.Sprintf("%04x %04x %04x  %s", code[0], code[1], code[2], operand)
}

var invokes = [5]string{"invoke-virtual", "invoke-super", "invoke-direct", "invoke-static", "invoke-interface"}
