// Package elf reads native programs and libraries: what they are, what they import, what text they hold.
//
// In: a file with the ELF magic. Out: one fact "elf" (machine, type, soname, needed libraries, build id), a
// table "import" of undefined dynamic symbols, a table "export" of functions others may call, tables "native-method"
// of the Java methods it implements, and tables "string" of the runs of printable characters in read-only data, as
// ASCII and as UTF-16, each with its file offset and section. The tables of strings are the analyzer's result.
//
//	Java_com_x_Y_open_1door        ->  native-method Lcom/x/Y;->open_door, how symbol
//	{"send", "(I)V", &send} in data  ->  native-method send(I)V, how table
//
// A library whose section headers were stripped is read by its program headers. A file whose .rodata is an
// OAT container gives no strings: the code inside is read as DEX.
//
// Limit: strings that code puts together at run time, and compressed sections, are not seen; of which class the methods
// in a table are, and tables that code fills in, neither.
package elf

import (
	"debug/elf"
	"slices"
	"strings"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
)

// Analyzer returns the analyzer of ELF files. It leaves the tables of strings in Pass.Result ([]*fact.Table).
func Analyzer() *fact.Analyzer {
	return &fact.Analyzer{
		Name: "elf",
		Doc:  "identity, imports, exports, native methods and read-only strings of native programs and libraries",
		Refs: []string{
			"https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html",
			"https://docs.oracle.com/en/java/javase/21/docs/specs/jni/design.html",
			"AOSP bionic/linker/linker_reloc_iterators.h (packed relocations)",
		},
		Version: 2,
		Emits:   []fact.Kind{"elf", "import", "export", "native-method", "string"},
		Wants:   func(s *fact.Subject) bool { return strings.HasPrefix(string(s.Head[:min(len(s.Head), 4)]), elf.ELFMAG) },
		Run:     run,
	}
}

func run(p *fact.Pass) error {
	if err := guard(p.File); err != nil {
		return err
	}
	var f *elf.File
	// debug/elf says of itself that it may panic on adversarial input
	err := image.Contain(func() (err error) {
		f, err = elf.NewFile(p.File)
		return err
	})
	if err != nil {
		return image.Errorf(image.Malformed, 0, "%v", err)
	}
	b := &native{pass: p, file: f, size: p.File.Size}
	if err := b.open(); err != nil {
		p.Gap(err)
	}
	fields := fact.F("machine", machine(f), "type", kind(f), "soname", b.soname(), "build_id", b.buildID())
	p.Emit("elf", fields.With("needed", b.needed()...), fact.Place{Offset: 0}, nil)
	p.EmitTable(b.imports())
	p.EmitTable(b.exports())
	for _, t := range b.natives() {
		p.EmitTable(t)
	}
	tables := b.strings()
	for _, t := range tables {
		p.EmitTable(t)
	}
	if len(tables) > 0 {
		p.Result = tables
	}
	return nil
}

// machines are the names of the processors firmware has; others are named as debug/elf does.
var machines = map[elf.Machine]string{
	elf.EM_ARM: "arm", elf.EM_AARCH64: "arm64", elf.EM_386: "x86", elf.EM_X86_64: "x86_64", elf.EM_MIPS: "mips",
	elf.EM_RISCV: "riscv", elf.EM_QDSP6: "hexagon", elf.EM_XTENSA: "xtensa",
}

func machine(f *elf.File) string {
	name := machines[f.Machine]
	if name == "" {
		return strings.ToLower(strings.TrimPrefix(f.Machine.String(), "EM_"))
	}
	if f.Class == elf.ELFCLASS64 && (name == "mips" || name == "riscv") {
		name += "64"
	}
	return name
}

// kind tells programs from libraries: a position-independent program has an interpreter.
func kind(f *elf.File) string {
	switch f.Type {
	case elf.ET_EXEC:
		return "program"
	case elf.ET_REL:
		return "object"
	case elf.ET_CORE:
		return "core"
	case elf.ET_DYN:
		if slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
			return "program"
		}
		return "library"
	}
	return "other"
}
