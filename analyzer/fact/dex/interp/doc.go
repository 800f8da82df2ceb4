// Package interp runs pure methods of an app with constant arguments: decoders of hidden strings, static
// initialisers that fill tables, derivation of keys.
//
// In: the dex files of an app, a method reference and arguments. Out: the value that the method returns, exact to
// the bit as a Java machine computes it, or a [Stop] that says what the method wanted and did not get.
//
//	p := interp.NewProgram(files)
//	if ok, _ := p.Pure(ref); ok {
//		v, err := p.NewMachine(interp.Limits{}).Call(ref, interp.StringValue("Wm9v"))
//		s, ok := v.AsString()
//	}
//
// Nothing is touched outside the machine's own memory: no file, no clock, no randomness, no reflection, no thread.
// Of Java's and Android's classes only those of the model tables exist (models*.go), one line a method; all else
// stops the run. Steps, memory and depth of calls are limited, so a run ends whatever the code says.
//
// Limit: a static field that a method other than its class's initialiser writes has no value here unless the same
// run wrote it; what other methods store into an array or a collection that a static field holds is not seen. Where Java versions differ, the result is that of OpenJDK 8 and later: the order of a HashMap,
// malformed UTF-8. Doubles are spelled with the fewest digits that give them back, as Java 19 does.
package interp
