package analyzer

import (
	"romscan/analyzer/fact"
	"romscan/analyzer/fact/dex"
	"romscan/analyzer/fact/elf"
	"romscan/analyzer/fact/initrc"
	"romscan/analyzer/fact/manifest"
	"romscan/analyzer/fact/pe"
	"romscan/analyzer/fact/permission"
	"romscan/analyzer/fact/props"
	"romscan/analyzer/fact/text"
)

// Analyzers is list 2: every way of reading a file. An analyzer stands after those it needs.
func Analyzers() []*fact.Analyzer {
	return []*fact.Analyzer{
		manifest.Analyzer(),
		dex.Analyzer(),
		elf.Analyzer(),
		pe.Analyzer(),
		text.Analyzer(),
		props.Analyzer(),
		initrc.Analyzer(),
		permission.Analyzer(),
	}
}
