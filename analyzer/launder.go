package analyzer

// readers are the permissions of which one is needed to read a type of data; what needs none is not listed. From the
// permission annotations of the calls in signatures/api and the manifests of the providers of AOSP.
var readers = map[string][]string{
	"device.imei":     {"READ_PHONE_STATE", "READ_PRIVILEGED_PHONE_STATE"},
	"device.imsi":     {"READ_PHONE_STATE", "READ_PRIVILEGED_PHONE_STATE"},
	"sim.iccid":       {"READ_PHONE_STATE", "READ_PRIVILEGED_PHONE_STATE"},
	"phone.number":    {"READ_PHONE_STATE", "READ_PRIVILEGED_PHONE_STATE", "READ_PHONE_NUMBERS", "READ_SMS"},
	"cell.id":         {"ACCESS_COARSE_LOCATION", "ACCESS_FINE_LOCATION"},
	"location":        {"ACCESS_COARSE_LOCATION", "ACCESS_FINE_LOCATION"},
	"contacts.number": {"READ_CONTACTS"},
	"contacts.name":   {"READ_CONTACTS"},
	"calllog":         {"READ_CALL_LOG", "READ_CONTACTS", "PROCESS_OUTGOING_CALLS", "READ_PHONE_STATE"},
	"sms.body":        {"READ_SMS", "RECEIVE_SMS", "RECEIVE_MMS", "RECEIVE_WAP_PUSH"},
	"sms.peer":        {"READ_SMS", "RECEIVE_SMS", "RECEIVE_MMS", "RECEIVE_WAP_PUSH"},
	"calendar":        {"READ_CALENDAR"},
	"account":         {"GET_ACCOUNTS", "GET_ACCOUNTS_PRIVILEGED", "READ_CONTACTS"},
	"audio":           {"RECORD_AUDIO", "CAPTURE_AUDIO_OUTPUT"},
	"camera":          {"CAMERA"},
	"apps.usage":      {"PACKAGE_USAGE_STATS", "GET_TASKS", "REAL_GET_TASKS"},
	"wifi.scan":       {"ACCESS_WIFI_STATE"},
}

// laundered reports whether app i may not read a type of data itself.
func (m *meeting) laundered(i int, data string) bool {
	for _, p := range readers[data] {
		if m.holds(i, "android.permission."+p) {
			return false
		}
	}
	return len(readers[data]) > 0
}
