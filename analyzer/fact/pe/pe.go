// Package pe reads Windows executables: the assemblies of .NET in Xamarin, MAUI and Unity apps, drivers and
// tools on a phone's own disc image, UEFI modules.
//
// In: a file that starts with MZ. Out: one fact "pe" (machine, whether it is .NET, assembly name, whether it is
// signed and by whom), a table "member" of the methods of other assemblies and of native libraries that .NET code refers
// to, and a table "string" of its user strings (the #US heap), source managed. The latter is the analyzer's result.
//
//	hellomaui.dll  ->  member Microsoft.Maui.Controls.Page::DisplayAlert, string "https://…"
//
// Headers, Authenticode and metadata are read by github.com/saferwall/pe. It is told to check no certificate
// against the machine's own store, logs nothing, and is given only what its memory use has been bounded for.
//
// Limit: "signed" says that a signature is there and can be read, not that it is valid.
package pe

import (
	"bytes"
	"encoding/binary"
	"strings"

	"github.com/saferwall/pe"
	"github.com/saferwall/pe/log"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
)

// Analyzer returns the analyzer of PE files. It leaves the table of strings in Pass.Result ([]*fact.Table).
func Analyzer() *fact.Analyzer {
	return &fact.Analyzer{
		Name: "pe",
		Doc:  "identity and signature of Windows executables; of .NET the members of other assemblies they use and their user strings",
		Refs: []string{
			"https://learn.microsoft.com/windows/win32/debug/pe-format",
			"https://ecma-international.org/publications-and-standards/standards/ecma-335/",
		},
		Version: 2,
		Emits:   []fact.Kind{"pe", "member", "string"},
		Wants:   wants,
		Run:     run,
	}
}

// wants looks for the PE signature where the DOS header says it is, as far as the first bytes reach.
func wants(s *fact.Subject) bool {
	h := s.Head
	if len(h) < 64 || h[0] != 'M' || h[1] != 'Z' {
		return false
	}
	at := uint64(binary.LittleEndian.Uint32(h[60:]))
	if at+4 > uint64(len(h)) {
		return at+4 <= uint64(s.File.Size) && int64(len(h)) < s.File.Size
	}
	return bytes.Equal(h[at:at+4], []byte("PE\x00\x00"))
}

// Bounds of what is handed on.
const (
	maxFile = 256 << 20
	// A signature is some kilobytes. Its reader recurses as deep as the nesting of its bytes.
	maxSignature = 256 << 10
)

// silent drops what the library logs; its default writes to stdout.
type silent struct{}

func (silent) Log(log.Level, ...any) error { return nil }

// options reads headers and nothing else.
func options() *pe.Options {
	return &pe.Options{
		DisableCertValidation: true, DisableSignatureValidation: true, Logger: silent{}, MaxCOFFSymbolsCount: 1, MaxRelocEntriesCount: 1,
		OmitExportDirectory: true, OmitImportDirectory: true, OmitExceptionDirectory: true, OmitResourceDirectory: true,
		OmitSecurityDirectory: true, OmitRelocDirectory: true, OmitDebugDirectory: true, OmitArchitectureDirectory: true,
		OmitGlobalPtrDirectory: true, OmitTLSDirectory: true, OmitLoadConfigDirectory: true, OmitBoundImportDirectory: true,
		OmitIATDirectory: true, OmitDelayImportDirectory: true, OmitCLRMetadata: true,
	}
}

// parse runs the library over data. Its File is never closed: Close would unmap memory it did not map.
func parse(data []byte, o *pe.Options) (f *pe.File, err error) {
	err = image.Contain(func() error {
		var err error
		if f, err = pe.NewBytes(data, o); err != nil {
			return err
		}
		return f.Parse()
	})
	return f, err
}

func run(p *fact.Pass) error {
	data, err := p.Bytes(min(p.Budget.MaxFile, maxFile))
	if err != nil {
		p.Gap(err)
	}
	if len(data) == 0 {
		return nil
	}
	o := options()
	f, err := parse(data, o)
	if f == nil || f.NtHeader.OptionalHeader == nil {
		return image.Errorf(image.Malformed, 0, "headers: %v", err)
	}
	if err != nil {
		p.Gap(image.Errorf(image.Malformed, -1, "%v", err))
	}
	fields := fact.F("machine", machine(f), "dotnet", yesNo(f.HasCLR))
	sig := directory(f, pe.ImageDirectoryEntryCertificate)
	more := false
	if sig.Size > 0 && sig.Size <= maxSignature {
		o.OmitSecurityDirectory, more = false, true
	}
	if f.HasCLR {
		if err := checkMetadata(f, data); err != nil {
			p.Gap(err)
		} else {
			o.OmitCLRMetadata, more = false, true
		}
	}
	if more {
		if g, err := parse(data, o); err == nil {
			f = g
		} else {
			p.Gap(image.Errorf(image.Malformed, -1, "%v", err))
		}
	}
	fields = fields.With("signed", signed(p, f, sig)...)
	if len(f.Certificates.Certificates) > 0 {
		fields = fields.With("signer", clean(f.Certificates.Certificates[0].Info.Subject))
	}
	if n := assembly(f); n != "" {
		fields = fields.With("assembly", n)
	}
	p.Emit("pe", fields, fact.Place{Offset: 0}, nil)
	p.EmitTable(members(p, f))
	if t := userStrings(f, data); t != nil {
		p.EmitTable(t)
		p.Result = []*fact.Table{t}
	}
	return nil
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func clean(s string) string { return strings.ToValidUTF8(s, "\ufffd") }

// signed answers whether there is a signature; neither yes nor no where there is one that cannot be read.
func signed(p *fact.Pass, f *pe.File, sig pe.DataDirectory) []string {
	switch {
	case f.IsSigned:
		return []string{"yes"}
	case sig.Size == 0:
		return []string{"no"}
	case sig.Size > maxSignature:
		p.Gap(image.Errorf(image.OverBudget, int64(sig.VirtualAddress), "signature of %d bytes, limit %d", sig.Size, maxSignature))
	default:
		p.Gap(image.Errorf(image.Malformed, int64(sig.VirtualAddress), "signature of %d bytes cannot be read", sig.Size))
	}
	return nil
}

// directory returns an entry of the data directories.
func directory(f *pe.File, i pe.ImageDirectoryEntry) pe.DataDirectory {
	switch h := f.NtHeader.OptionalHeader.(type) {
	case pe.ImageOptionalHeader32:
		return h.DataDirectory[i]
	case pe.ImageOptionalHeader64:
		return h.DataDirectory[i]
	}
	return pe.DataDirectory{}
}

// machine names the processor as the ELF analyzer does; .NET files for any processor say x86.
func machine(f *pe.File) string {
	switch m := uint16(f.NtHeader.FileHeader.Machine); m {
	case 0x014c:
		return "x86"
	case 0x8664:
		return "x86_64"
	case 0x01c0, 0x01c2, 0x01c4:
		return "arm"
	case 0xaa64:
		return "arm64"
	case 0x0ebc:
		return "efi-bytecode"
	case 0x5032:
		return "riscv"
	case 0x5064:
		return "riscv64"
	default:
		return "other"
	}
}
