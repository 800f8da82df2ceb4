package main

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// compileGlob turns a pattern into a predicate over paths inside an image: * stays inside a name, ** crosses
// slashes, ? is one character. A pattern without a slash is matched against the base name.
func compileGlob(glob string) (func(string) bool, error) {
	if glob == "**" || glob == "" {
		return func(string) bool { return true }, nil
	}
	var b strings.Builder
	b.WriteString("^")
	for i := 0; i < len(glob); i++ {
		switch c := glob[i]; {
		case strings.HasPrefix(glob[i:], "**"):
			b.WriteString(".*")
			i++
		case c == '*':
			b.WriteString("[^/]*")
		case c == '?':
			b.WriteString("[^/]")
		default:
			b.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	b.WriteString("$")
	re, err := regexp.Compile(b.String())
	if err != nil {
		return nil, fmt.Errorf("pattern %q: %w", glob, err)
	}
	if !strings.Contains(glob, "/") {
		return func(p string) bool { return re.MatchString(path.Base(p)) }, nil
	}
	return re.MatchString, nil
}
