package dataflow

import "strings"

// api interprets a call by its line in the vocabulary.
func (f *frame) api(c *Call, r *methodRef, args []value, site uint32) value {
	a := f.a
	if c.Hits != nil {
		*c.Hits++
	}
	defer func() { f.over = c.Op == "exit" }() // which never returns
	f.takeBack(r, args)
	at := func(i int) value {
		if i >= 0 && i < len(args) {
			return args[i]
		}
		return nothing
	}
	static := len(args) == len(r.params)
	if static { // positions count parameters from 1 in both kinds of calls
		get := at
		at = func(i int) value { return get(i - 1) }
	}
	result := nothing
	a.consults(c, args)
	if c.Op != "" {
		if op := a.ops[c.Op]; op != nil {
			v, wait := op(f, &call{Call: c, r: r, at: at, args: args, site: site})
			if wait {
				return f.pend(r, c, args, site)
			}
			result = v
		}
	}
	for _, mv := range c.Flow {
		v := at(mv.From)
		if mv.Bits&asEncrypted != 0 || mv.To >= 0 || mv.Bits != 0 || !a.plainText(v) {
			v = a.derive(a.reach(f.s, v), mv.Bits)
		}
		if mv.To < 0 {
			if c.Name != "toString" {
				v = a.partOf(v)
			}
			result = a.t.join(result, v)
			continue
		}
		if a.carries(v) {
			a.add(f.s, at(mv.To), "[?]", v)
		}
	}
	if c.Source != "" && c.Param == 0 && !f.names(c.Unless) {
		result = a.t.join(result, f.read(c.Source, site))
	}
	if c.Sink != "" && c.Op != "start" && c.Op != "set-result" && c.Op != "pending" { // those decide where they lead
		f.sink(c, r, at, args, site)
	}
	if text := value(nothing); strings.HasPrefix(r.ret, "L") && result != nothing { // made of texts of which some are lost
		for _, v := range args {
			if a.misses(v, lostText) {
				text = a.t.one(lostText)
			}
		}
		result = a.t.join(result, text)
	}
	if c.Op == "" && len(c.Flow) == 0 && c.Source == "" && c.Sink != "" {
		result = a.t.of(node{kind: kApi, a: site, s: r.String()})
	}
	return result
}

// names reports whether the method calls another, given by its class and name.
func (f *frame) names(ref string) bool {
	if ref == "" {
		return false
	}
	for i := range f.g.insns {
		if in := &f.g.insns[i]; in.Op.Invoke() {
			if r := f.a.u.methodRef(f.f, in.Index); r != nil && r.class+"->"+r.name == ref {
				return true
			}
		}
	}
	return false
}

// read is personal data that is read at a site, under the conditions that hold there.
func (f *frame) read(data string, site uint32) value {
	a := f.a
	old, ok := a.readAt[site]
	switch {
	case ok && f.silent: // the one summary says what stands before it
	case ok:
		a.readAt[site] = readGate{f.m, a.either(old.conds, f.gates[f.block])}
	default:
		a.readAt[site] = readGate{f.m, f.gates[f.block]}
	}
	return a.t.of(node{kind: kSource, a: a.dataType(data), n: int64(site)})
}

// readGate is where a source is read and what stands before it.
type readGate struct {
	in    *Method
	conds condset
}

// plainText reports whether a value is text as it stands.
func (a *analysis) plainText(v value) bool {
	for _, at := range a.t.atomsOf(v) {
		switch a.t.node(at).kind {
		case kObj, kHome, kStore, kInt, kAny, kClass:
			return false
		}
	}
	return true
}

// sink notes that values leave.
func (f *frame) sink(c *Call, r *methodRef, at func(int) value, args []value, site uint32) {
	a := f.a
	payload, to := f.implied, nothing
	trust := false
	for _, i := range c.Payload {
		payload = a.t.join(payload, a.reach(f.s, at(i)))
	}
	for _, i := range c.To {
		to = a.t.join(to, f.address(at(i)))
		for _, b := range a.t.atomsOf(at(i)) {
			if _, ok := f.s.get(slot{b, "$trust"}); ok {
				trust = true
			}
		}
	}
	f.record(event{kind: evSink, call: c, ref: r, args: nil, payload: payload, to: to, conds: f.gates[f.block], site: site, trust: trust || a.trustDefault})
}

// address returns where something leads to: text as it is, of a connection what it was opened with.
func (f *frame) address(v value) value {
	a := f.a
	out := nothing
	for _, at := range a.t.atomsOf(v) {
		switch n := a.t.node(at); n.kind {
		case kObj, kHome, kParam, kLoad, kResult, kCell, kStore:
			one := a.t.one(at)
			got := a.load(f.s, one, addressField)
			if n.kind == kParam || n.kind == kLoad || n.kind == kResult || n.kind == kCell {
				got = a.t.join(got, one)
			}
			for in, depth := a.load(f.s, one, wrappedField), 0; in != nothing && depth < 4; depth++ {
				got = a.t.join(got, a.load(f.s, in, addressField))
				next := a.load(f.s, in, wrappedField)
				if next == in {
					break
				}
				in = next
			}
			out = a.t.join(out, got)
		case kAny, kInt:
		default:
			out = a.t.join(out, a.t.one(at))
		}
	}
	return out
}

// Fields of modelled objects.
const (
	addressField = "$address" // of URLs, connections, requests, clients: where they lead
	wrappedField = "$in"      // of streams: what they write to
	textField    = "$text"    // of builders: what they hold
	nameField    = "$name"    // of files, preferences, keys
	classField   = "$class"   // of intents: component
	actionField  = "$action"
	countField   = "$count"
	resultField  = "$result"
)

// call is a call of a platform method on its way to an operation.
type call struct {
	*Call
	r    *methodRef
	at   func(int) value // 0 receiver, 1 first parameter
	args []value
	site uint32
}

// arg returns the parameter a line names in place i of its args, else i+1.
func (c *call) arg(i int) value {
	if i < len(c.Args) {
		return c.at(c.Args[i])
	}
	return c.at(i + 1)
}

// params joins all parameters, without the receiver.
func (f *frame) params(c *call) value {
	out := nothing
	for i := range c.r.params {
		out = f.a.t.join(out, c.at(i+1))
	}
	return out
}

// operation interprets a call; wait means that the caller has to be known first.
type operation func(f *frame, c *call) (v value, wait bool)

// operations are the built-in meanings that lines of the vocabulary name.
func operations() map[string]operation {
	return map[string]operation{
		"this":              func(f *frame, c *call) (value, bool) { return c.at(0), false },
		"arg":               func(f *frame, c *call) (value, bool) { return c.arg(0), false },
		"none":              func(f *frame, c *call) (value, bool) { return nothing, false },
		"exit":              func(f *frame, c *call) (value, bool) { return nothing, false },
		"void":              func(f *frame, c *call) (value, bool) { return f.a.t.any(), false },
		"append":            opAppend,
		"text":              opText,
		"set-text":          opSetText,
		"concat":            opConcat,
		"format":            opFormat,
		"fold":              opFold,
		"chars":             opChars,
		"to-chars":          opToChars,
		"put":               opPut,
		"get":               opGet,
		"add":               opAdd,
		"copy":              opCopy,
		"array-copy":        opArrayCopy,
		"store":             opStore,
		"read":              opRead,
		"write":             opWrite,
		"query":             opQuery,
		"url":               opURL,
		"open":              opOpen,
		"wrap":              opWrap,
		"new":               opNew,
		"class":             opClass,
		"class-name":        opClassName,
		"instance":          opInstance,
		"method":            opMethod,
		"field":             opField,
		"field-get":         opFieldGet,
		"field-set":         opFieldSet,
		"method-call":       opMethodCall,
		"intent":            opIntent,
		"component":         opComponent,
		"action":            opAction,
		"start":             opStart,
		"async":             opAsync,
		"task":              opTask,
		"register":          opRegister,
		"unregister":        opUnregister,
		"add-service":       opAddService,
		"system-service":    opSystemService,
		"view":              opView,
		"home":              opHome,
		"own-intent":        opOwnIntent,
		"resource":          opResource,
		"message":           opMessage,
		"set-field":         opSetField,
		"get-field":         opGetField,
		"pending":           opPending,
		"set-result":        opSetResult,
		"trust":             opTrust,
		"put-out":           opPutOut,
		"put-in":            opPutIn,
		"read-in":           opReadIn,
		"taken":             opTaken,
		"hold":              opHold,
		"held":              opTaken,
		"file":              opFile,
		"file-name":         opFileName,
		"file-exists":       opFileExists,
		"file-list":         opFileList,
		"file-stream":       opFileStream,
		"body":              opBody,
		"body-of":           opBody,
		"datagram":          opDatagram,
		"socket-to":         opSocketTo,
		"listen":            opListen,
		"callback":          opListen,
		"register-listener": opListen,
		"bind":              opBind,
		"wrap-runnable":     opWrapRunnable,
		"async-call":        opAsyncCall,
		"async-target":      opAsyncTarget,
		"async-messenger":   opAsyncMessenger,
		"compare":           opCompare,
		"clone":             opClone,
		"class-of":          opClassOf,
		"constructor":       opConstructor,
		"add-any":           opAddAny,
		"arg-text":          opArgText,
		"url-encode":        opArgText,
		"char-text":         opCharText,
		"this-reverse":      opReverse,
		"pair":              opPair,
		"package-name":      opPackageName,
		"transact":          opTransact,
		"package-context":   opPackageContext,
		"permission-check":  opPermission,
		"provider-write":    opProviderWrite,
		"db-write":          opDBWrite,
		"db-read":           opDBRead,
		"db-exec":           opDBExec,
		"service":           func(f *frame, c *call) (value, bool) { return f.a.any(), false },
		"resource-number":   func(f *frame, c *call) (value, bool) { return f.a.any(), false },
		"this-call":         func(f *frame, c *call) (value, bool) { return c.at(1), false },
		"get-entry":         opEntry,
		"set-entry":         opSetEntry,
		"map-view":          opMapView,
		"uri-text":          opURIText,
		"uri-scheme":        opURIScheme,
		"uri-part":          opURIPart,
		"uri-path":          opURIPath,
		"uri-query":         opURIQuery,
		"view-text":         opViewText,
		"part-of":           opPartOf,
		"test":              opTest,
		"ask":               opAsk,
		"join":              opJoin,
		"info":              opInfo,
		"installed":         opInstalled,
		"char-at":           opCharAt,
		"listen-this":       opListenThis,
		"set-length":        opSetLength,
		"base64":            opBase64,
		"alarm":             opAlarm,
		"sync":              opSync,
		"match-add":         opMatchAdd,
		"match":             opMatch,
		"provider-call":     opProviderCall,
		"sync-of":           opSyncOf,
		"sync-listed":       opSyncListed,
		"column":            opColumn,
		"column-copy":       opColumnCopy,
		"format-out":        opFormatOut,
		"rows":              opRows,
		"fields":            opFields,
		"take":              opTake,
		"sort":              opSort,
		"number":            opNumber,
		"record-file":       opRecordFile,
		"methods":           opMethods,
		"proxy":             opProxy,
		"result-data":       opResultData,
		"insert":            opInsert,
		"empty":             opEmpty,
		"remove":            opRemove,
		"delete":            opDelete,
		"delete-at":         opDeleteAt,
		"set-char":          opSetChar,
		"client":            opClient,
		"iterator":          opIterator,
		"next":              opNext,
		"has-next":          opHasNext,
		"retained":          opRetained,
		"invoke-all":        opInvokeAll,
		"complete":          opComplete,
		"exchange":          opExchange,
		"load-from":         opLoadFrom,
		"print-stack":       opPrintStack,
		"db-statement":      opDBStatement,
		"script":            opScript,
		"text-watch":        opTextWatch,
		"loader":            opLoader,
		"cursor-loader":     opCursorLoader,
		"list-swap":         opListSwap,
		"list-reverse":      opListReverse,
		"provider-method":   opProviderMethod,
		"task-cancel":       opTaskCancel,
		"array-get":         func(f *frame, c *call) (value, bool) { return f.elem(c.at(1), c.at(2)), false },
		"array-set":         opArraySet,
		"drop":              opDrop,
		"size":              opSize,
		"text-insert":       opTextInsert,
		"text-replace":      opTextReplace,
		"substring":         opSubstring,
		"length":            opLength,
		"constant":          opConstant,
		"constant-field":    opConstantField,
		"constant-of":       opConstantOf,
		"constant-compare":  opConstantCompare,
	}
}
