package fact

var yesNo = []string{"yes", "no"}

// networks are what imports tell: internet hosts by name or address, or TLS; sockets that may be local ones alone; none;
// a static program imports nothing and does not tell.
var networks = []string{"yes", "socket", "no", "unknown"}

// Triggers are the values of autostart.trigger.
var triggers = []string{
	"boot-completed", "persistent", "telephony", "sms", "connectivity", "package", "push", "schedule", "sync",
	"observer", "process", "power", "time", "user-present", "account", "system-role", "init",
}

// everywhere are the fields firmware adds to every fact, whatever its kind.
var everywhere = []FieldInfo{
	{Name: "app", Doc: "package name of the app the file belongs to"},
	{Name: "partition", Doc: "partition the file lies in: system, vendor, product …"},
	{Name: "path", Doc: "device path of the file, as Android mounts it", Match: Exact},
	{Name: "dir", Doc: "the device path starts with this", Match: Prefix, Of: "path"},
}

// Everywhere returns the fields that every fact has once firmware has placed it.
func Everywhere() []FieldInfo { return everywhere }

var kinds = []Info{
	{Kind: "package", Doc: "an app's manifest: identity, version and process attributes", Fields: []FieldInfo{
		{Name: "name", Doc: "package name"},
		{Name: "version_code"}, {Name: "version_name"}, {Name: "shared_uid"}, {Name: "min_sdk"}, {Name: "target_sdk"},
		{Name: "persistent", Values: yesNo}, {Name: "direct_boot", Values: yesNo}, {Name: "debuggable", Values: yesNo},
		{Name: "cleartext", Doc: "usesCleartextTraffic; unset where the manifest does not say", Values: yesNo},
		{Name: "network_config", Doc: "resource or file named by networkSecurityConfig"},
		{Name: "allow_backup", Values: yesNo}, {Name: "has_code", Values: yesNo}, {Name: "process"},
		{Name: "application", Doc: "class named by application android:name"}, {Name: "label"},
		{Name: "overlay_target", Doc: "package a resource overlay is for"},
	}},
	{Kind: "permission", Doc: "a permission the app asks for", Fields: []FieldInfo{
		{Name: "name"}, {Name: "max_sdk"},
		{Name: "state", Doc: "what the image grants without asking: set by firmware", Values: []string{"normal", "signature", "privileged", "pre-granted", "runtime", "unknown"}},
	}},
	{Kind: "permission-declared", Doc: "a permission the app defines", Fields: []FieldInfo{
		{Name: "name"}, {Name: "protection", Doc: "base level and flags: normal, dangerous, signature, privileged …"}, {Name: "group"},
	}},
	{Kind: "feature", Doc: "a uses-feature element", Fields: []FieldInfo{{Name: "name"}, {Name: "required", Values: yesNo}}},
	{Kind: "uses-library", Doc: "a shared library of the image that the app's code is linked to", Fields: []FieldInfo{{Name: "name"}, {Name: "required", Values: yesNo}}},
	{Kind: "component", Doc: "an activity, alias, service, receiver or provider", Fields: []FieldInfo{
		{Name: "type", Values: []string{"activity", "alias", "service", "receiver", "provider"}},
		{Name: "name", Doc: "class name, fully qualified"},
		{Name: "prefix", Doc: "the class name starts with this", Match: Prefix, Of: "name"},
		{Name: "exported", Doc: "by the attribute or by Android's default rule", Values: yesNo},
		{Name: "explicit", Doc: "the exported attribute is written down", Values: yesNo},
		{Name: "enabled", Values: yesNo}, {Name: "permission", Doc: "permission a caller needs"},
		{Name: "read_permission"}, {Name: "write_permission"}, {Name: "grant_uri", Values: yesNo},
		{Name: "guarded", Doc: "a permission stands before it; of a provider, before reading and writing", Values: yesNo},
		{Name: "readable", Doc: "of a provider: every app can read it", Values: yesNo},
		{Name: "stock", Doc: "of a provider: Android itself exports this class", Values: yesNo},
		{Name: "authority", Doc: "provider authorities"}, {Name: "process"}, {Name: "action", Doc: "all intent actions it filters"},
		{Name: "category"}, {Name: "target", Doc: "target of an alias"}, {Name: "direct_boot", Values: yesNo},
	}},
	{Kind: "intent-filter", Doc: "one intent filter of a component", Fields: []FieldInfo{
		{Name: "component"}, {Name: "type", Values: []string{"activity", "alias", "service", "receiver", "provider"}},
		{Name: "action"}, {Name: "category"}, {Name: "scheme"}, {Name: "host"}, {Name: "mime"}, {Name: "priority"},
		{Name: "exported", Values: yesNo},
	}},
	{Kind: "meta-data", Doc: "a meta-data element of the manifest", Fields: []FieldInfo{{Name: "component"}, {Name: "name"}, {Name: "value"}}},
	{Kind: "certificate", Doc: "a signer of an APK", Fields: []FieldInfo{
		{Name: "sha256", Doc: "of the certificate, hex"}, {Name: "subject"}, {Name: "issuer"}, {Name: "serial"},
		{Name: "scheme", Doc: "v1, v2, v3, v3.1"}, {Name: "verified", Values: []string{"yes", "no", "unknown"}},
		{Name: "aosp_key", Doc: "which public test key of AOSP it is", Values: []string{"testkey", "platform", "shared", "media", "networkstack", "bluetooth", "sdk_sandbox"}},
		{Name: "not_before"}, {Name: "not_after"}, {Name: "algorithm"},
	}},
	{Kind: "class", Doc: "a class defined in code", Fields: []FieldInfo{
		{Name: "name", Doc: "dotted name"}, {Name: "prefix", Doc: "the name starts with this", Match: Prefix, Of: "name"},
	}},
	{Kind: "string", Doc: "a string of code, resources, native libraries or text", Fields: []FieldInfo{
		{Name: "value"}, {Name: "prefix", Match: Prefix, Of: "value"}, {Name: "contains", Match: Contains, Of: "value"},
		{Name: "source", Values: sources}, {Name: "recovered", Values: recovered},
	}},
	{Kind: "api", Doc: "a method that code calls and does not define", Fields: []FieldInfo{
		{Name: "call", Doc: "Lpkg/Class;->name(args)ret"}, {Name: "prefix", Doc: "the call starts with this", Match: Prefix, Of: "call"},
		{Name: "recovered", Doc: "the call was optimised, and named with the boot class path of the image; unset for other calls", Values: []string{"deodexed"}},
	}},
	{Kind: "native-declared", Doc: "a method that code declares and a native library implements", Fields: []FieldInfo{
		{Name: "method", Doc: "Lpkg/Class;->name(args)ret"}, {Name: "prefix", Doc: "the method starts with this", Match: Prefix, Of: "method"},
	}},
	{Kind: "import", Doc: "a symbol a native file imports", Fields: []FieldInfo{{Name: "name"}}},
	{Kind: "export", Doc: "a function a native file offers by name", Fields: []FieldInfo{{Name: "name"}, {Name: "prefix", Match: Prefix, Of: "name"}}},
	{Kind: "native-method", Doc: "a Java method a native library implements", Fields: []FieldInfo{
		{Name: "method", Doc: "Lpkg/Class;->name, with (args) where overloaded; of a table name(args)ret, the class is not known"},
		{Name: "prefix", Doc: "the method starts with this", Match: Prefix, Of: "method"},
		{Name: "how", Doc: "by a symbol's name, or in a table for RegisterNatives", Values: []string{"symbol", "table"}},
	}},
	{Kind: "dex", Doc: "a DEX file and its size in items", Fields: []FieldInfo{
		{Name: "version"}, {Name: "strings"}, {Name: "types"}, {Name: "methods"}, {Name: "fields"}, {Name: "classes"},
		{Name: "code", Doc: "methods with code"}, {Name: "instructions"},
		{Name: "note", Doc: "what the header gets wrong", Values: []string{"checksum", "file-size", "trailing", "header", "version", "map"}},
	}},
	{Kind: "endpoint", Doc: "a URL, host or address found in a file", Fields: []FieldInfo{
		{Name: "value", Doc: "as found"}, {Name: "type", Values: []string{"url", "host", "ip"}}, {Name: "scheme"}, {Name: "host"},
		{Name: "under", Doc: "the host is this domain or below it", Match: Domain, Of: "host"},
		{Name: "port"}, {Name: "url_path"}, {Name: "domain", Doc: "registered domain, by the public suffix list"},
		{Name: "owner"}, {Name: "country"}, {Name: "source", Values: sources}, {Name: "recovered", Values: recovered},
		{Name: "noise", Doc: "rule that says it is no server of interest; unset where none does", Values: noises},
		{Name: "used", Doc: "connection: it reaches a call that opens connections; referenced: code that may run, or a resource that code or a layout asks for, has it; dead: " +
			"it stands only in the file's string pool or in code that nothing reaches; unset where nothing was followed", Values: []string{"connection", "referenced", "dead"}},
		{Name: "noisy", Values: yesNo}, {Name: "uses", Doc: "number of instructions, lines or places that use it"},
	}},
	{Kind: "elf", Doc: "a native program or library", Fields: []FieldInfo{
		{Name: "machine"}, {Name: "type", Values: []string{"library", "program", "object", "core", "other"}}, {Name: "soname"}, {Name: "needed"}, {Name: "build_id"},
	}},
	{Kind: "pe", Doc: "a Windows or .NET file", Fields: []FieldInfo{
		{Name: "machine"}, {Name: "dotnet", Values: yesNo}, {Name: "signed", Values: yesNo}, {Name: "signer"}, {Name: "assembly"},
	}},
	{Kind: "bundle", Doc: "code of an app that is not for Android's own runtime", Fields: []FieldInfo{
		{Name: "type", Values: []string{"react-native", "hermes", "flutter", "flutter-kernel", "cordova", "capacitor", "xamarin", "unity-il2cpp", "unity-assets", "lua", "luajit"}},
		{Name: "version", Doc: "of the format; of flutter the hash of its Dart version"}, {Name: "detail"},
		{Name: "strings", Doc: "number of strings read"},
	}},
	{Kind: "member", Doc: "a method of another assembly, or of a native library, that .NET code refers to", Fields: []FieldInfo{
		{Name: "name", Doc: "Namespace.Type::Method, or library!function"}, {Name: "prefix", Doc: "the name starts with this", Match: Prefix, Of: "name"},
	}},
	{Kind: "service", Doc: "a service of an init .rc file", Fields: []FieldInfo{
		{Name: "name"}, {Name: "command"}, {Name: "program", Doc: "first word of the command"}, {Name: "class"}, {Name: "user"}, {Name: "group"},
		{Name: "seclabel"}, {Name: "capabilities"}, {Name: "socket"}, {Name: "disabled", Values: yesNo}, {Name: "oneshot", Values: yesNo},
		{Name: "setenv", Doc: "NAME=value"},
	}},
	{Kind: "class-path", Doc: "a class path that init gives to all programs", Fields: []FieldInfo{{Name: "name"}, {Name: "value"}}},
	{Kind: "app-process", Doc: "a class that a shell script runs as a program", Fields: []FieldInfo{
		{Name: "class", Doc: "dotted name"}, {Name: "classpath", Doc: "jars and APKs that its code is looked for in"}, {Name: "command"},
	}},
	{Kind: "init-action", Doc: "an action of an init .rc file that runs or starts something", Fields: []FieldInfo{
		{Name: "trigger"}, {Name: "command"},
	}},
	{Kind: "privapp", Doc: "a privileged permission granted or denied by a privapp-permissions file", Fields: []FieldInfo{
		{Name: "package"}, {Name: "permission"}, {Name: "allowed", Values: yesNo},
	}},
	{Kind: "default-grant", Doc: "a runtime permission granted without asking by a default-permissions file", Fields: []FieldInfo{
		{Name: "package"}, {Name: "permission"}, {Name: "fixed", Values: yesNo},
	}},
	{Kind: "sysconfig", Doc: "an entry of a sysconfig or permissions file", Fields: []FieldInfo{
		{Name: "entry", Doc: "element name: allow-in-power-save, library, feature, group …"}, {Name: "package"}, {Name: "name"}, {Name: "value"},
	}},
	{Kind: "property", Doc: "a line of a build.prop or default.prop", Fields: []FieldInfo{{Name: "name"}, {Name: "prefix", Match: Prefix, Of: "name"}, {Name: "value"}}},
	{Kind: "tamper", Doc: "a file that is built to be read differently by different readers", Fields: []FieldInfo{{Name: "trick"}, {Name: "entry"}}},

	{Kind: "file", Derived: true, Doc: "a file of the device", Fields: []FieldInfo{
		{Name: "name", Doc: "base name"}, {Name: "size"}, {Name: "sha256"}, {Name: "setuid", Values: yesNo}, {Name: "executable", Values: yesNo}, {Name: "label", Doc: "SELinux context"},
	}},
	{Kind: "app", Derived: true, Doc: "an app as this image installs it", Fields: []FieldInfo{
		{Name: "name", Doc: "package name"}, {Name: "privileged", Values: yesNo}, {Name: "platform_signed", Values: []string{"yes", "no", "unknown"}},
		{Name: "aosp_key", Doc: "the AOSP test key that signed it"}, {Name: "shared_uid"}, {Name: "removable", Doc: "on a data or preload partition", Values: yesNo},
		{Name: "version_code"}, {Name: "version_name"}, {Name: "signer", Doc: "sha256 of the certificate"},
	}},
	{Kind: "autostart", Derived: true, Doc: "a component that starts without the user", Fields: []FieldInfo{
		{Name: "component"}, {Name: "type", Values: []string{"package", "receiver", "service"}}, {Name: "trigger", Values: triggers}, {Name: "action"},
	}},
	{Kind: "loaded-code", Derived: true, Doc: "code an app loads with a class loader, from a file outside the folders apps are installed from or from its own package", Fields: []FieldInfo{
		{Name: "file", Doc: "device path, with the path inside the app behind //"},
		{Name: "how", Doc: "path: a class that calls a class loader holds the path; asset: the app calls one and holds the name", Values: []string{"path", "asset"}},
	}},
	{Kind: "daemon", Derived: true, Doc: "a service of init whose program is in the image", Fields: []FieldInfo{
		{Name: "service", Doc: "its name"}, {Name: "program", Doc: "as the .rc file has it"}, {Name: "type", Values: []string{"elf", "script", "other"}},
		{Name: "user"}, {Name: "disabled", Values: yesNo}, {Name: "network", Doc: "what its imports are for", Values: networks},
		{Name: "via", Doc: "libraries it needs through which it reaches the network"},
	}},
	{Kind: "program", Derived: true, Doc: "code in jars that runs without being an app, and that data is followed through", Fields: []FieldInfo{
		{Name: "name", Doc: "what findings call it: android, which is the system server, or the jar's name"},
		{Name: "type", Values: []string{"system-server", "command"}}, {Name: "class", Doc: "where it begins"},
		{Name: "trigger", Doc: "what starts it; user: who calls it from a shell", Values: []string{"persistent", "init", "user", "unknown"}},
		{Name: "path", Doc: "device paths of its jars"},
	}},
	{Kind: "jni", Derived: true, Doc: "a native library that implements methods an app or a framework file declares", Fields: []FieldInfo{
		{Name: "library", Doc: "device path, with the path inside the app behind //"}, {Name: "name", Doc: "base name of the library"},
		{Name: "declarer", Doc: "package of the app, or device path of the file, whose code declares the methods"},
		{Name: "methods", Doc: "number of those methods"}, {Name: "network", Doc: "what its imports are for", Values: networks},
		{Name: "via", Doc: "libraries it needs through which it reaches the network"},
	}},
	{Kind: "firmware", Derived: true, Doc: "what the build says it is", Fields: []FieldInfo{
		{Name: "brand"}, {Name: "manufacturer"}, {Name: "model"}, {Name: "product"}, {Name: "device"}, {Name: "fingerprint"}, {Name: "build"},
		{Name: "release"}, {Name: "sdk"}, {Name: "patch"}, {Name: "type", Values: []string{"user", "userdebug", "eng"}},
		{Name: "keys", Values: []string{"release-keys", "test-keys", "dev-keys"}}, {Name: "date"}, {Name: "of", Doc: "the partition whose properties these are; unset for the merged ones"},
	}},

	{Kind: "integrity", Walked: true, Doc: "bytes compared with a checksum or signature they come with; of a scan with --verify", Fields: []FieldInfo{
		{Name: "result", Values: []string{"match", "mismatch", "unverified"}}, {Name: "what", Doc: "what was compared: partition sha256, crc32, hashtree …"},
		{Name: "format", Doc: "format that carries the checksum"}, {Name: "name", Doc: "file inside the container, unset for the container itself"},
		{Name: "whole", Doc: "the checksum covers all of the content", Values: yesNo}, {Name: "bytes", Doc: "covered by it"},
		{Name: "count", Doc: "how many alike this fact stands for"}, {Name: "detail", Doc: "stated and found value, or why nothing was compared"},
	}},
	{Kind: "flow", Linked: true, Doc: "personal data on its way from a source to a sink, through the code of an app", Fields: []FieldInfo{
		{Name: "from", Values: dataTypes}, {Name: "to", Doc: "address, number or command; {} stands for what is computed"},
		{Name: "sink", Values: sinkKinds}, {Name: "transport", Values: []string{"http", "https", "tls-unchecked", "socket", "sms", "ipc", "file", "unknown"}},
		{Name: "transform", Values: []string{"plain", "hashed", "encrypted", "encoded", "compressed"}},
		{Name: "host"}, {Name: "under", Doc: "the host is this domain or below it", Match: Domain, Of: "host"}, {Name: "domain"}, {Name: "owner"}, {Name: "country"},
		{Name: "guard", Values: guards},
		{Name: "gate", Doc: "what the guard reads: a preference, a setting, a property"}, {Name: "gate_default", Values: []string{"on", "off", "unknown"}},
		{Name: "gate_set_by", Doc: "what code that may switch the gate on runs for", Values: activations},
		{Name: "activation", Values: activations},
		{Name: "automatic", Doc: "one of the activations needs no user", Values: yesNo},
		{Name: "disabled", Doc: "by the properties of this image it never runs", Values: yesNo},
		{Name: "exact", Doc: "every step was followed; no where a field of an object or a column could not be told", Values: yesNo},
		{Name: "source_call"}, {Name: "sink_call"},
		{Name: "origin", Doc: "the package that reads the data, where another sends it"},
		{Name: "via", Doc: "where it passes from that app to this one: provider:, settings:, property:, file:, pref:, intent:, call:, reply:"},
		{Name: "laundered", Doc: "another app reads the data and this one holds no permission for it", Values: yesNo},
		{Name: "library", Doc: "of a flow into native code: the file that has the method"},
		{Name: "network", Doc: "of a flow into native code: whether that file uses the network, as of jni", Values: networks},
	}},
	{Kind: "connection", Linked: true, Doc: "a call that opens a connection, and where to", Fields: []FieldInfo{
		{Name: "to", Doc: "address; {} stands for what is computed"}, {Name: "resolved", Values: yesNo}, {Name: "transport", Values: []string{"http", "https", "socket", "unknown"}},
		{Name: "host"}, {Name: "under", Doc: "the host is this domain or below it", Match: Domain, Of: "host"}, {Name: "call"},
	}},
	{Kind: "mention", Linked: true, Doc: "something outside the app that its code names in a call", Fields: []FieldInfo{
		{Name: "type", Values: []string{"content-uri", "sms-number", "command", "file", "property", "setting", "intent-action", "package"}}, {Name: "value"}, {Name: "prefix", Match: Prefix, Of: "value"},
	}},
	{Kind: "unreached", Linked: true, Doc: "a text in code that no way through its method leads to", Fields: []FieldInfo{
		{Name: "value"}, {Name: "prefix", Match: Prefix, Of: "value"}, {Name: "contains", Match: Contains, Of: "value"},
	}},
	{Kind: "setting", Linked: true, Doc: "a preference or row of Settings, and code that switches it on", Fields: []FieldInfo{
		{Name: "key", Doc: "the setting as gates spell it: pref:file [key], settings:table [key]"}, {Name: "contains", Match: Contains, Of: "key"},
		{Name: "role", Doc: "what it is for flows of the app; unknown: its default is not known; other: no flow was found behind it", Values: []string{"opt-in", "opt-out", "unknown", "other"}},
		{Name: "default", Values: []string{"on", "off", "unknown"}},
		{Name: "lets", Doc: "data of the flows that it stands before", Values: dataTypes},
		{Name: "activation", Doc: "why the code that switches it on runs", Values: activations},
		{Name: "automatic", Doc: "one of the activations needs no user", Values: yesNo},
		{Name: "guard", Doc: "what stands before switching it on", Values: guards}, {Name: "gate", Doc: "what that guard reads"}, {Name: "gate_default", Values: []string{"on", "off", "unknown"}},
		{Name: "disabled", Doc: "by the properties of this image it never runs", Values: yesNo}, {Name: "call", Doc: "the call that writes it"},
	}},
}

var activations = []string{"boot", "telephony", "connectivity", "package", "push", "schedule", "observer", "process", "sms", "user", "other-app", "unknown"}

var guards = []string{"none", "permission-only", "build", "remote", "opt-out", "notice", "opt-in", "unknown"}

var sources = []string{"dex", "resource", "asset", "native", "config", "managed"}

var noises = []string{
	"access-point", "blocked", "certificate", "documentation", "dtd", "example", "licence", "loopback", "namespace", "not-a-host", "placeholder",
	"private-range", "version-number",
}

var recovered = []string{"plain", "char-array", "byte-array", "short-array", "int-array", "utf-16", "folded", "decoded", "initialiser", "annotation", "manifest"}

var sinkKinds = []string{"network", "sms", "process", "native", "file", "log", "intent"}

var dataTypes = []string{
	"device.imei", "device.imsi", "device.serial", "device.mac", "device.android-id", "ad.id", "sim.iccid", "phone.number",
	"operator.name", "cell.id", "contacts.number", "contacts.name", "sms.body", "sms.peer", "calllog", "location",
	"apps.installed", "apps.usage", "account", "clipboard", "calendar", "audio", "camera", "screen", "browser.history", "wifi.scan", "ui.password",
}
