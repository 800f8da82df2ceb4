package dataflow

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
		"await":             opAwait,
		"task":              opTask,
		"register":          opRegister,
		"unregister":        opUnregister,
		"add-service":       opAddService,
		"system-service":    opSystemService,
		"view":              opView,
		"home":              opHome,
		"own-intent":        opOwnIntent,
		"work":              opWork,
		"work-input":        opWorkInput,
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
		"function":          opFunction,
		"box":               opBox,
		"unbox":             opUnbox,
		"folder":            opFolder,
	}
}
