package fact

import "strings"

// Lines gives analyzers of text files numbered lines and listings of them.
type Lines struct {
	Name string
	all  []string
	at   []int64 // byte offset of each line
}

// NewLines splits text; the final line may lack its newline, and \r\n counts as one.
func NewLines(name string, text []byte) *Lines {
	l := &Lines{Name: name}
	off := int64(0)
	for line := range strings.SplitAfterSeq(string(text), "\n") {
		if line == "" {
			break
		}
		l.at = append(l.at, off)
		off += int64(len(line))
		l.all = append(l.all, strings.TrimRight(line, "\r\n"))
	}
	return l
}

// Len returns the number of lines.
func (l *Lines) Len() int { return len(l.all) }

// Line returns line n, counted from 1.
func (l *Lines) Line(n int) string {
	if n < 1 || n > len(l.all) {
		return ""
	}
	return l.all[n-1]
}

// Place returns where line n is.
func (l *Lines) Place(n int) Place {
	if n < 1 || n > len(l.all) {
		return Nowhere()
	}
	return Place{Offset: l.at[n-1], Line: n}
}

// maxWidth bounds a listed line: minified files have lines of megabytes.
const maxWidth = 400

// Listing shows lines from to to, marking one.
func (l *Lines) Listing(from, to, mark int) *Evidence {
	from, to = max(from, 1), min(to, len(l.all))
	if from > to {
		return nil
	}
	shown := make([]string, 0, to-from+1)
	for _, s := range l.all[from-1 : to] {
		if len(s) > maxWidth {
			s = strings.ToValidUTF8(s[:maxWidth], "") + " …"
		}
		shown = append(shown, strings.ToValidUTF8(s, "�"))
	}
	return &Evidence{Name: l.Name, Language: "text", Text: strings.Join(shown, "\n"), Line: from, Mark: mark - from}
}
