package analyzer

import (
	"romscan/analyzer/fact"
	"romscan/analyzer/firmware"
	"romscan/analyzer/firmware/dataflow"
)

// natives says of flows into native code which library gets the data, and whether that may use the network.
type natives struct {
	fw   *firmware.Firmware
	seen map[nativeCall]firmware.Native
}

type nativeCall struct {
	app    *firmware.App
	method string
}

func newNatives(fw *firmware.Firmware) *natives {
	return &natives{fw, map[nativeCall]firmware.Native{}}
}

func (n *natives) of(app *firmware.App, method string) firmware.Native {
	k := nativeCall{app, method}
	out, ok := n.seen[k]
	if !ok {
		out = n.fw.Native(app, method)
		n.seen[k] = out
	}
	return out
}

// told adds to a flow into native code what is known of it; other facts stay.
func (n *natives) told(app *firmware.App, f fact.Fact) fact.Fact {
	if f.Kind != "flow" || f.Fields.Get("sink") != "native" {
		return f
	}
	lib := n.of(app, f.Fields.Get("sink_call"))
	if lib.Library != "" {
		f.Fields = f.Fields.With("library", lib.Library)
	}
	f.Fields = f.Fields.With("network", lib.Network)
	return f
}

// leak reports whether a flow counts where leaks are counted. Of data that a native method gets nobody knows where it goes,
// but a library that speaks to the network may send it, and for the benchmarks one that writes logs may write it there.
func (n *natives) leak(app *firmware.App, f *dataflow.Flow, profile string) bool {
	if f.SinkKind != "native" {
		return true
	}
	lib := n.of(app, f.SinkCall)
	return lib.Network == "yes" || lib.Network == "socket" || profile == "droidbench" && lib.Logs
}
