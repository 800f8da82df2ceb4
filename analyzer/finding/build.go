package finding

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"romscan/analyzer/fact"
	"romscan/signatures"
)

// maxFindings bounds the findings one signature makes in one scope.
const maxFindings = 200

func kindOf(c *signatures.Clause) fact.Kind { return fact.Kind(c.Fact) }

// findings makes one finding for every distinct identity: the facts bound to names the fingerprint mentions
// are told apart by the fields it mentions, and each is told by the first, or one that says more of where that goes; all others by their first.
func findings(s *signatures.Signature, g *group, bound []binding) []Finding {
	choices := make([][]hit, len(bound))
	total := 1
	for i, b := range bound {
		choices[i] = distinct(s, b)
		total = min(total*len(choices[i]), maxFindings)
	}
	seen := map[string]bool{}
	var out []Finding
	pick := make([]int, len(bound))
	for range total {
		f := build(s, g, bound, choices, pick)
		if !seen[f.Fingerprint] {
			seen[f.Fingerprint] = true
			out = append(out, f)
		}
		if !advance(pick, choices) {
			break
		}
	}
	return out
}

// advance counts through the choices, the last binding fastest.
func advance(pick []int, choices [][]hit) bool {
	for i := len(pick) - 1; i >= 0; i-- {
		if pick[i]++; pick[i] < len(choices[i]) {
			return true
		}
		pick[i] = 0
	}
	return false
}

// distinct keeps one hit of each identity: the first, or one that says more of the same, see clearer, and of its like the one in which
// data is changed least.
func distinct(s *signatures.Signature, b binding) []hit {
	var fields []string
	for _, ref := range s.Fingerprint {
		if name, field := splitRef(ref); name == b.as && b.as != "" {
			fields = append(fields, field)
		}
	}
	if len(fields) == 0 {
		first := b.hits[0]
		for _, h := range b.hits[1:] {
			if clearer(h, first) {
				first = h
			}
		}
		for _, h := range b.hits {
			if plainer(h, first) {
				first = h
			}
		}
		first.more = len(b.hits) - 1
		return []hit{first}
	}
	seen := map[string]int{}
	var out []hit
	keyOf := func(h hit) string {
		var key strings.Builder
		for _, f := range fields {
			key.WriteString(value(h, f))
			key.WriteByte(0)
		}
		return key.String()
	}
	for _, h := range b.hits {
		key := keyOf(h)
		if i, ok := seen[key]; ok {
			more := out[i].more + 1
			if clearer(h, out[i]) {
				out[i] = h
			}
			out[i].more = more
		} else {
			seen[key] = len(out)
			out = append(out, h)
		}
	}
	for _, h := range b.hits {
		if i := seen[keyOf(h)]; plainer(h, out[i]) {
			h.more = out[i].more
			out[i] = h
		}
	}
	return out
}

// value returns a field of a hit; "" stands for the field that names the fact.
func value(h hit, field string) string {
	if h.used != nil {
		return h.used.Signature.ID
	}
	if field == "" {
		field = fact.Lookup(h.fact.Kind).Fields[0].Name
	}
	if v := h.fact.Fields.All(field); v != nil {
		return strings.Join(v, ", ")
	}
	return strings.Join(placed(h.piece, field), ", ")
}

var hole = regexp.MustCompile(`\{([a-z_][a-z0-9_.-]*)\}`)

func build(s *signatures.Signature, g *group, bound []binding, choices [][]hit, pick []int) Finding {
	f := Finding{Signature: s, App: g.app, Device: g.device, Partition: g.partition, Identity: map[string]string{}}
	get := func(ref string, spell func(fact.Fact, string, string) string) string {
		name, field := splitRef(ref)
		for i, b := range bound {
			if b.as == name {
				h := choices[i][pick[i]]
				return spell(h.fact, field, value(h, field))
			}
		}
		switch ref {
		case "app":
			return g.app
		case "path":
			return g.device
		case "partition":
			return g.partition
		}
		return ""
	}
	f.Message = hole.ReplaceAllStringFunc(s.Message, func(m string) string { return fact.ShortMethod(get(m[1:len(m)-1], told)) })
	sum := sha256.New()
	fmt.Fprintf(sum, "%s\x00", s.ID)
	for _, ref := range s.Fingerprint {
		f.Identity[ref] = get(ref, identity)
		fmt.Fprintf(sum, "%s\x00%s\x00", ref, f.Identity[ref])
	}
	f.Fingerprint = hex.EncodeToString(sum.Sum(nil)[:16])
	for _, as := range s.Steps {
		for i, b := range bound {
			if b.as == as {
				h := choices[i][pick[i]]
				f.Steps = append(f.Steps, steps(as, h)...)
				f.More = max(f.More, h.more)
			}
		}
	}
	return f
}

// steps turns a hit into steps: a used signature contributes its own.
func steps(as string, h hit) []Step {
	if h.used != nil {
		return slices.Clone(h.used.Steps)
	}
	return []Step{{As: as, Fact: h.fact, Device: h.piece.device, Member: h.piece.member, Text: Line(h.fact)}}
}
