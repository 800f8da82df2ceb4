package main

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"

	"github.com/sirupsen/logrus"

	"romscan/analyzer"
	"romscan/analyzer/store"
)

// cacheSize is what the cache may take on disk, in bytes.
const cacheSize = 1 << 30

// cache opens the cache of what is known of apps. It returns nil where there is none to be had: a scan without is slower
// and otherwise the same.
func (f *readFlags) cache(log *logrus.Logger) *analyzer.Cache {
	if f.noCache || f.noFlows {
		return nil
	}
	dir := f.cacheDir
	if dir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			log.Debugf("no cache: %v", err)
			return nil
		}
		dir = filepath.Join(base, "romscan")
	}
	build, err := ownDigest()
	if err != nil {
		log.Debugf("no cache: %v", err)
		return nil
	}
	s, err := store.Open(dir, cacheSize)
	if err != nil {
		log.Warnf("no cache: %v", err)
		return nil
	}
	return &analyzer.Cache{Store: s, Build: build}
}

// ownDigest is the digest of this program: any other one's results are another's.
func ownDigest() (string, error) {
	name, err := os.Executable()
	if err != nil {
		return "", err
	}
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
