package firmware

import (
	"strconv"
	"strings"

	"romscan/analyzer/fact"
)

// identityOf picks the identity out of properties. Partitions name theirs with an infix: ro.vendor.build.…,
// ro.product.vendor.… (since Android 9).
func identityOf(p map[string]string, partition string) Identity {
	first := func(names ...string) string {
		for _, n := range names {
			if partition != "" {
				for _, infix := range []string{partition + ".", "product." + partition + "."} {
					if i := strings.Index(n, "."); i > 0 {
						if v := p["ro."+infix+n[i+1:]]; v != "" {
							return v
						}
					}
				}
				if rest, ok := strings.CutPrefix(n, "ro.product."); ok {
					if v := p["ro.product."+partition+"."+rest]; v != "" {
						return v
					}
				}
			}
			if v := p[n]; v != "" {
				return v
			}
		}
		return ""
	}
	id := Identity{
		Partition: partition, Brand: first("ro.product.brand"), Manufacturer: first("ro.product.manufacturer"),
		Model: first("ro.product.model"), Product: first("ro.product.name"), Device: first("ro.product.device"),
		Fingerprint: first("ro.build.fingerprint"), Build: first("ro.build.display.id"), Incremental: first("ro.build.version.incremental"),
		Release: first("ro.build.version.release"), Patch: first("ro.build.version.security_patch", "ro.build.security_patch"),
		Type: first("ro.build.type"), Keys: first("ro.build.tags"), Date: first("ro.build.date"),
	}
	id.SDK, _ = strconv.Atoi(first("ro.build.version.sdk"))
	id.DateUTC, _ = strconv.ParseInt(first("ro.build.date.utc"), 10, 64)
	for _, t := range []string{"release-keys", "test-keys", "dev-keys"} {
		if strings.Contains(id.Keys, t) {
			id.Keys = t
		}
	}
	return id
}

// fact describes the build to signatures; a partition that says nothing has none.
func (id Identity) fact() (fact.Fact, bool) {
	sdk := ""
	if id.SDK > 0 {
		sdk = strconv.Itoa(id.SDK)
	}
	f := fact.F("brand", id.Brand, "manufacturer", id.Manufacturer, "model", id.Model, "product", id.Product,
		"device", id.Device, "fingerprint", id.Fingerprint, "build", id.Build, "release", id.Release, "sdk", sdk,
		"patch", id.Patch, "type", id.Type, "keys", id.Keys, "date", id.Date)
	if len(f) == 0 {
		return fact.Fact{}, false
	}
	if id.Partition != "" {
		f = f.With("of", id.Partition).With("partition", id.Partition)
	}
	return fact.Fact{Kind: "firmware", Fields: f, At: fact.Nowhere()}, true
}
