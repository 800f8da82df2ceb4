// Package bundle reads the code of apps that are not written for Android's own runtime: what React Native, Flutter,
// Cordova, Xamarin, Unity and Lua put into an app.
//
// In: a file that begins as one of them does; of a Flutter library, the strings that were read of it as a native file.
// Out: one fact "bundle" (type, version, number of strings) and, where the strings are in a table of the format's own, a
// table "string" of them with their offsets. The table is the analyzer's result.
//
//	assets/index.android.bundle of Hermes   ->  bundle hermes, version 96, 6777 strings
//
// Limit: text (JavaScript, Cordova's pages) is only named here, its words are read as those of any text, and Lua source
// is not told from other text. Hermes 60 to 99, Lua 5.1 to 5.4 and
// LuaJIT were read of their own compilers; no file of Unity, Flutter or Cordova was met, these follow their documents.
package bundle

import (
	"strconv"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
)

// maxFile bounds what is read whole; the largest metadata of games has some hundred megabytes.
const maxFile = 512 << 20

// reader reads one type of bundle.
type reader struct {
	wants func(head []byte) bool
	// read returns what to say of the file and its strings; both count although there is an error.
	read func(data []byte) (about, []entry, error)
	// headOnly marks those of which the first bytes are enough.
	headOnly bool
}

// about is what a bundle says of itself.
type about struct{ kind, version, detail string }

// readers are tried in order; the first that wants a file reads it.
var readers = []reader{
	{wants: isHermes, read: hermes},
	{wants: isMetadata, read: metadata},
	{wants: isLua, read: lua},
	{wants: isLuaJIT, read: luaJIT},
	{wants: isKernel, read: kernel},
	{wants: isStore, read: store, headOnly: true},
	{wants: isUnityFS, read: unityFS, headOnly: true},
	{wants: isReactNative, read: reactNative, headOnly: true},
	{wants: isCordova, read: cordova, headOnly: true},
	{wants: isCapacitor, read: capacitor, headOnly: true},
}

// Analyzer returns the analyzer of bundles; natives is that of ELF files, whose tables of strings tell a Flutter
// library. It leaves the table of strings in Pass.Result ([]*fact.Table).
func Analyzer(natives *fact.Analyzer) *fact.Analyzer {
	return &fact.Analyzer{
		Name: "bundle",
		Doc:  "type, version and strings of what React Native, Flutter, Cordova, Xamarin, Unity and Lua put into an app",
		Refs: []string{
			"https://github.com/facebook/hermes/blob/main/include/hermes/BCGen/HBC/BytecodeFileFormat.h",
			"https://github.com/dotnet/android/blob/main/Documentation/project-docs/AssemblyStores.md",
			"https://github.com/dart-lang/sdk/blob/main/runtime/vm/snapshot.h",
			"https://github.com/dart-lang/sdk/blob/main/pkg/kernel/binary.md",
			"https://www.lua.org/source/5.4/lundump.c.html",
		},
		Version: 1,
		Emits:   []fact.Kind{"bundle", "string"},
		Needs:   []*fact.Analyzer{natives},
		Wants: func(s *fact.Subject) bool {
			return pick(s.Head) != nil || isELF(s.Head)
		},
		Run: func(p *fact.Pass) error {
			if isELF(p.Head) {
				tables, _ := p.ResultOf(natives).([]*fact.Table)
				flutter(p, tables)
				return nil
			}
			return run(p, pick(p.Head))
		},
	}
}

func pick(head []byte) *reader {
	for i := range readers {
		if readers[i].wants(head) {
			return &readers[i]
		}
	}
	return nil
}

func run(p *fact.Pass, r *reader) error {
	if r == nil {
		return nil
	}
	data := p.Head
	if !r.headOnly {
		var err error
		if data, err = p.Bytes(min(p.Budget.MaxFile, maxFile)); err != nil {
			p.Gap(err)
		}
		if len(data) == 0 {
			data = p.Head // what it is can still be said
		}
	}
	what, strings, err := r.read(data)
	if err != nil {
		p.Gap(err)
	}
	f := fact.F("type", what.kind, "version", what.version, "detail", what.detail)
	if !r.headOnly {
		f = f.With("strings", strconv.Itoa(len(strings)))
	}
	p.Emit("bundle", f, fact.Place{Offset: 0}, nil)
	if t := table(strings, source(what.kind)); t != nil {
		p.EmitTable(t)
		p.Result = []*fact.Table{t}
	}
	return nil
}

// source names the strings' origin: literals of C# are those of managed code, whatever they were compiled to.
func source(kind string) string {
	if kind == "unity-il2cpp" {
		return "managed"
	}
	return "asset"
}

func malformed(offset int, format string, args ...any) error {
	return image.Errorf(image.Malformed, int64(offset), format, args...)
}
