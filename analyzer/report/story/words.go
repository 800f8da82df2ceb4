package story

// dataWords name data for people who do not know the telephone network.
var dataWords = map[string]string{
	"device.imei": "the serial number of the phone's radio, the IMEI", "device.imsi": "the number of the subscriber, the IMSI",
	"device.serial": "the serial number of the phone", "device.mac": "the hardware address of a network adapter",
	"device.android-id": "the number that Android gives the installation", "ad.id": "the advertising identifier",
	"sim.iccid": "the serial number of the SIM card", "phone.number": "the phone number", "operator.name": "the name of the operator",
	"cell.id": "the radio cell", "contacts.number": "numbers of contacts", "contacts.name": "names of contacts", "sms.body": "text messages",
	"sms.peer": "who text messages are from or to", "calllog": "the call log", "location": "the place", "apps.installed": "the list of installed apps",
	"apps.usage": "which apps are used when", "account": "accounts", "clipboard": "the clipboard", "calendar": "the calendar", "audio": "sound",
	"camera": "pictures of the camera", "screen": "the screen", "browser.history": "the history of the browser",
	"wifi.scan": "the Wi-Fi networks around", "ui.password": "what is typed into a password field",
}

// startWords say what starts code.
var startWords = map[string]string{
	"boot": "at boot", "telephony": "on calls and changes of the telephone network", "connectivity": "when the connection changes",
	"package": "when apps are installed or removed", "push": "on a push message", "schedule": "on a schedule", "observer": "when stored data changes",
	"process": "when the app's process starts", "sms": "on a text message", "user": "the user's action", "other-app": "another app", "unknown": "something that is not known",
}

// guardWords say what stands before the call that sends.
var guardWords = map[string]string{
	"none": "Nothing: no condition that asks anyone was found before it.", "permission-only": "Only the permission of the app, which the image grants.",
	"build": "A property of the build: its region, carrier or model.", "remote": "An answer of a server: whoever runs it decides.",
	"opt-out": "A preference that has to be switched off.", "notice": "A notice that need not be accepted.",
	"opt-in": "An opt-in: a preference that only a user's action turns on.", "unknown": "A condition whose meaning could not be decided.",
}

// transportWords say who can read along.
var transportWords = map[string]string{
	"http": "over plain HTTP: everyone on the way can read it", "https": "over TLS", "tls-unchecked": "over TLS without checking who answers",
	"socket": "over a socket of its own", "sms": "in a text message", "ipc": "out of the code that was followed", "file": "into a file",
	"unknown": "in a way that the code does not show",
}
