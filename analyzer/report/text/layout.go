package text

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// clip cuts s to n runes and drops what a terminal would obey: control characters of hostile names.
func clip(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x20 || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '·'
		}
		return r
	}, s)
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	runes := []rune(s)
	return string(runes[:max(n-1, 0)]) + "…"
}

// wrap breaks s at blanks into lines of at most n runes; a longer word stands alone.
func wrap(s string, n int) []string {
	var lines []string
	cur := ""
	for w := range strings.FieldsSeq(clip(s, 2000)) {
		switch {
		case cur == "":
			cur = w
		case utf8.RuneCountInString(cur)+1+utf8.RuneCountInString(w) <= n:
			cur += " " + w
		default:
			lines = append(lines, cur)
			cur = w
		}
	}
	return append(lines, cur)
}

// first returns the first sentence.
func first(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if i := strings.Index(s, ". "); i > 0 {
		return s[:i+1]
	}
	return s
}

// thousands prints 12345 as 12,345.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// size prints bytes in binary units.
func size(n int64) string {
	const units = "KMGT"
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	v, u := float64(n)/(1<<10), 0
	for v >= 1024 && u < len(units)-1 {
		v, u = v/1024, u+1
	}
	return fmt.Sprintf("%.1f %ciB", v, units[u])
}

// clipLeft cuts s at the front: of a place, the end says more.
func clipLeft(s string, n int) string {
	s = clip(s, 4096)
	if runes := []rune(s); len(runes) > n {
		return "…" + string(runes[len(runes)-n+1:])
	}
	return s
}
