package analyzer

import (
	"romscan/analyzer/fact"
	"romscan/analyzer/fact/bundle"
	"romscan/analyzer/fact/dex"
	"romscan/analyzer/fact/elf"
	"romscan/analyzer/fact/endpoint"
	"romscan/analyzer/fact/initrc"
	"romscan/analyzer/fact/manifest"
	"romscan/analyzer/fact/pe"
	"romscan/analyzer/fact/permission"
	"romscan/analyzer/fact/props"
	"romscan/analyzer/fact/resources"
	"romscan/analyzer/fact/script"
	"romscan/analyzer/fact/signing"
	"romscan/analyzer/fact/text"
	"romscan/signatures"
)

// Analyzers is list 2: every way of reading a file. An analyzer stands after those it needs.
func Analyzers() ([]*fact.Analyzer, error) {
	owners, err := endpoint.LoadOwners(signatures.Owners())
	if err != nil {
		return nil, err
	}
	dexFiles, elfFiles, peFiles, textFiles := dex.Analyzer(), elf.Analyzer(), pe.Analyzer(), text.Analyzer()
	resourceFiles, bundles := resources.Analyzer(), bundle.Analyzer(elfFiles)
	list := []*fact.Analyzer{
		manifest.Analyzer(),
		signing.Analyzer(),
		resourceFiles,
		dexFiles,
		elfFiles,
		peFiles,
		textFiles,
		bundles,
		endpoint.Analyzer(owners, resourceFiles, dexFiles, elfFiles, peFiles, textFiles, bundles),
		props.Analyzer(),
		initrc.Analyzer(),
		permission.Analyzer(),
		script.Analyzer(),
	}
	return list, fact.Validate(list)
}
