// Package dataflow follows values through the code of one app: constants to where they are used, and personal data
// from the call that returns it to the call that sends it.
//
// In: the DEX files of an app and of the libraries it links to, what its manifest starts, and a [Vocabulary] that says
// what Android's calls mean. Out: [Result]: flows, endpoints in use, strings that code computes, and what was cut.
//
// Every method is interpreted once over abstract values, callees first. What depends on the caller stays symbolic
// (parameter, field of a parameter, result of a call that cannot be decided yet) and is filled in where the method is
// called: a summary. Calls that run later (threads, handlers, listeners, components) become roots of their own; what
// lies between them - static fields, fields of shared objects, preferences, files, intents - are global cells, solved
// last. Code that is no app has no manifest; what starts it is told as components of its own kinds, see system.go, and of the
// system server only what may matter is entered, see narrow.go.
//
//	prog := dataflow.NewProgram(files, nil)
//	res := dataflow.Analyze(prog, app, vocabulary, dataflow.Limits{})
//	for _, f := range res.Flows { fmt.Println(f.Data, f.Sink) }
//
// Limit: of callbacks only the order that the life of a component gives them is followed, arithmetic on unknown numbers is
// not, and native code is opaque. What exceeds a limit is counted in Result.Cuts.
package dataflow
