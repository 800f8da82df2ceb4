package endpoint

import "net/netip"

// ranges of addresses that are nobody's server, from the IANA special-purpose address registries (RFC 6890).
var ranges = []struct {
	noise  string
	prefix netip.Prefix
}{
	{"loopback", netip.MustParsePrefix("127.0.0.0/8")},
	{"loopback", netip.MustParsePrefix("::1/128")},
	{"private-range", netip.MustParsePrefix("10.0.0.0/8")},
	{"private-range", netip.MustParsePrefix("172.16.0.0/12")},
	{"private-range", netip.MustParsePrefix("192.168.0.0/16")},
	{"private-range", netip.MustParsePrefix("169.254.0.0/16")},
	{"private-range", netip.MustParsePrefix("100.64.0.0/10")},
	{"private-range", netip.MustParsePrefix("fc00::/7")},
	{"private-range", netip.MustParsePrefix("fe80::/10")},
	{"example", netip.MustParsePrefix("192.0.2.0/24")},
	{"example", netip.MustParsePrefix("198.51.100.0/24")},
	{"example", netip.MustParsePrefix("203.0.113.0/24")},
	{"example", netip.MustParsePrefix("2001:db8::/32")},
	{"not-a-host", netip.MustParsePrefix("0.0.0.0/8")},
	{"not-a-host", netip.MustParsePrefix("224.0.0.0/3")}, // multicast, reserved, broadcast, netmasks
	{"not-a-host", netip.MustParsePrefix("192.0.0.0/24")},
	{"not-a-host", netip.MustParsePrefix("::/128")},
	{"not-a-host", netip.MustParsePrefix("ff00::/8")},
}

// resolvers are public name servers whose addresses look like version numbers.
var resolvers = map[netip.Addr]bool{
	netip.AddrFrom4([4]byte{8, 8, 8, 8}): true, netip.AddrFrom4([4]byte{8, 8, 4, 4}): true, netip.AddrFrom4([4]byte{1, 1, 1, 1}): true,
	netip.AddrFrom4([4]byte{1, 0, 0, 1}): true, netip.AddrFrom4([4]byte{9, 9, 9, 9}): true, netip.AddrFrom4([4]byte{4, 2, 2, 1}): true,
	netip.AddrFrom4([4]byte{4, 2, 2, 2}): true, netip.AddrFrom4([4]byte{1, 2, 4, 8}): true, netip.AddrFrom4([4]byte{8, 20, 247, 20}): true,
}

// smallOctet is the bound below which four numbers are more often a version or an object identifier (2.5.29.15)
// than an address: the networks 0 to 31 are few and mostly not of hosting companies.
const smallOctet = 40

// addressNoise judges an address. A port or a scheme says that it is one.
func addressNoise(e *Endpoint, addr netip.Addr) string {
	addr = addr.Unmap()
	for _, r := range ranges {
		if r.prefix.Contains(addr) {
			return r.noise
		}
	}
	if !addr.Is4() || e.Scheme != "" || e.Port != "" || resolvers[addr] {
		return ""
	}
	b := addr.As4()
	if b[0] < smallOctet && b[1] < smallOctet && b[2] < smallOctet || b[0] < 3 {
		return "version-number"
	}
	return ""
}
