package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/sirupsen/logrus"

	"romscan/analyzer/report"
)

// ignoreList holds fingerprints that were looked at and set aside.
type ignoreList struct {
	reasons map[string]string
	expired []string
}

var ignoreLine = regexp.MustCompile(`^([0-9a-f]{32})(?:\s+until\s+(\d{4}-\d{2}-\d{2}))?\s+#\s*(\S.*)$`)

// loadIgnore reads `fingerprint [until 2027-01-31] # reason` lines. A reason is required; an expired line
// no longer ignores and is reported.
func loadIgnore(name string) (*ignoreList, error) {
	explicit := name != ""
	if !explicit {
		name = ".romscanignore"
	}
	l := &ignoreList{reasons: map[string]string{}}
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) && !explicit {
		return l, nil
	}
	if err != nil {
		return nil, fail(exitUsage, err)
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	for n := 1; s.Scan(); n++ {
		line := strings.TrimSpace(s.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		m := ignoreLine.FindStringSubmatch(line)
		if m == nil {
			return nil, fail(exitUsage, fmt.Errorf("%s:%d: want `fingerprint [until 2027-01-31] # reason`", name, n))
		}
		if m[2] != "" {
			until, err := time.Parse(time.DateOnly, m[2])
			if err != nil {
				return nil, fail(exitUsage, fmt.Errorf("%s:%d: %w", name, n, err))
			}
			if time.Now().After(until.AddDate(0, 0, 1)) {
				l.expired = append(l.expired, fmt.Sprintf("%s:%d: expired on %s: %s", name, n, m[2], m[3]))
				continue
			}
		}
		l.reasons[m[1]] = m[3]
	}
	return l, s.Err()
}

// apply takes ignored findings out of a report and says so.
func (l *ignoreList) apply(r *report.Report, log *logrus.Logger) {
	for _, e := range l.expired {
		log.Warn(e)
	}
	if len(l.reasons) == 0 {
		return
	}
	before := len(r.Findings)
	*r = *r.Without(func(f *report.Finding) bool { _, ok := l.reasons[f.Fingerprint]; return ok })
	if n := before - len(r.Findings); n > 0 {
		log.Warnf("%d findings left out by the ignore file", n)
	}
}
