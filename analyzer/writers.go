package analyzer

import (
	"romscan/analyzer/report"
	"romscan/analyzer/report/json"
	"romscan/analyzer/report/sarif"
	"romscan/analyzer/report/text"
)

// Writers is list 3: every output format; the first is the default.
func Writers() []report.Writer {
	return []report.Writer{text.Writer(), json.Writer(), sarif.Writer()}
}
