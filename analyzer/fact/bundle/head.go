package bundle

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"strconv"
)

// isStore recognises a store of .NET assemblies.
func isStore(head []byte) bool { return len(head) >= 20 && bytes.HasPrefix(head, []byte("XABA")) }

func store(head []byte) (about, []entry, error) {
	// the upper half of the version says for which processor (dotnet/android, AssemblyStores.md)
	return about{kind: "xamarin", version: strconv.Itoa(int(binary.LittleEndian.Uint16(head[4:])))}, nil, nil
}

// isUnityFS recognises an archive of Unity's assets.
func isUnityFS(head []byte) bool { return bytes.HasPrefix(head, []byte("UnityFS\x00\x00\x00\x00")) }

// unityFS takes the version of the player the archive was made for: the second string behind the format's number.
func unityFS(head []byte) (about, []entry, error) {
	what := about{kind: "unity-assets"}
	parts := bytes.SplitN(head[min(12, len(head)):], []byte{0}, 3)
	if len(parts) == 3 && isWord(parts[1]) {
		what.version = string(parts[1])
	}
	return what, nil, nil
}

// Marks of JavaScript that tools write at the start of a file: Metro's prelude and module function, Cordova's platform
// script and list of plugins, Capacitor's configuration.
var (
	metro            = regexp.MustCompile(`__BUNDLE_START_TIME__|(^|[;\n])__d\((function|\()|__METRO_GLOBAL_PREFIX__|global\.__r ?=`)
	cordovaMark      = regexp.MustCompile(`PLATFORM_VERSION_BUILD_LABEL|cordova\.define\(['"]cordova/plugin_list['"]`)
	cordovaVersion   = regexp.MustCompile(`(?:PLATFORM|CORDOVA_JS)_(?:VERSION_)?BUILD_LABEL ?= ?['"]([0-9A-Za-z.\-]{1,40})['"]`)
	capacitorMark    = regexp.MustCompile(`^\s*\{[^{}]*"appId"\s*:\s*"[^"]+"`)
	capacitorWebDir  = []byte(`"webDir"`)
	capacitorPackage = regexp.MustCompile(`"appId"\s*:\s*"([^"]{1,200})"`)
)

// isReactNative looks for what all marks have before it looks for one of them: most text has neither.
func isReactNative(head []byte) bool {
	return isText(head) && bytes.Contains(head, []byte("__")) && metro.Match(head)
}

func reactNative([]byte) (about, []entry, error) { return about{kind: "react-native"}, nil, nil }

func isCordova(head []byte) bool {
	return isText(head) && (bytes.Contains(head, []byte("PLATFORM_VERSION")) || bytes.Contains(head, []byte("cordova"))) && cordovaMark.Match(head)
}

func cordova(head []byte) (about, []entry, error) {
	what := about{kind: "cordova"}
	if m := cordovaVersion.FindSubmatch(head); m != nil {
		what.version = string(m[1])
	}
	return what, nil, nil
}

func isCapacitor(head []byte) bool {
	return isText(head) && bytes.Contains(head, capacitorWebDir) && capacitorMark.Match(head)
}

func capacitor(head []byte) (about, []entry, error) {
	what := about{kind: "capacitor"}
	if m := capacitorPackage.FindSubmatch(head); m != nil {
		what.detail = clean(m[1])
	}
	return what, nil, nil
}

func isText(head []byte) bool { return len(head) > 0 && bytes.IndexByte(head, 0) < 0 && head[0] < 0x80 }

// isWord tells whether b is printable ASCII without spaces.
func isWord(b []byte) bool {
	for _, c := range b {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return len(b) > 0
}
