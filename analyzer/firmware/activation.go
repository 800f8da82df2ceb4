package firmware

import (
	"strings"

	"romscan/analyzer/fact"
)

// trigger says that an intent action, or the start of one, starts a receiver or service without the user.
type trigger struct{ action, name string }

// triggers are the broadcasts and bindings of Android that no user action is needed for (developer.android.com
// Intent, TelephonyManager, ConnectivityManager constants; vendor push actions from their SDK documents).
// A trailing * means prefix. The first match counts.
var triggers = []trigger{
	{"android.intent.action.BOOT_COMPLETED", "boot-completed"}, {"android.intent.action.LOCKED_BOOT_COMPLETED", "boot-completed"},
	{"android.intent.action.QUICKBOOT_POWERON", "boot-completed"}, {"com.htc.intent.action.QUICKBOOT_POWERON", "boot-completed"},
	{"android.intent.action.REBOOT", "boot-completed"}, {"android.intent.action.PRE_BOOT_COMPLETED", "boot-completed"},
	{"android.intent.action.SIM_STATE_CHANGED", "telephony"}, {"android.telephony.action.SIM_*", "telephony"},
	{"android.intent.action.SERVICE_STATE", "telephony"}, {"android.intent.action.PHONE_STATE", "telephony"},
	{"android.intent.action.NEW_OUTGOING_CALL", "telephony"}, {"android.telephony.action.CARRIER_*", "telephony"},
	{"android.intent.action.ANY_DATA_STATE", "telephony"}, {"android.intent.action.SUBSCRIPTION_*", "telephony"},
	{"android.provider.Telephony.SMS_*", "sms"}, {"android.provider.Telephony.WAP_PUSH_*", "sms"}, {"android.intent.action.DATA_SMS_RECEIVED", "sms"},
	{"android.net.conn.CONNECTIVITY_CHANGE", "connectivity"}, {"android.net.conn.*", "connectivity"}, {"android.net.wifi.*", "connectivity"},
	{"android.bluetooth.*", "connectivity"},
	{"android.intent.action.PACKAGE_*", "package"}, {"android.intent.action.MY_PACKAGE_REPLACED", "package"}, {"android.intent.action.UID_REMOVED", "package"},
	{"com.google.android.c2dm.intent.*", "push"}, {"com.google.firebase.MESSAGING_EVENT", "push"}, {"com.google.firebase.INSTANCE_ID_EVENT", "push"},
	{"com.xiaomi.mipush.*", "push"}, {"com.huawei.android.push.intent.*", "push"}, {"com.meizu.flyme.push.intent.*", "push"},
	{"cn.jpush.android.intent.*", "push"}, {"com.igexin.sdk.action.*", "push"}, {"com.baidu.android.pushservice.action.*", "push"}, {"com.vivo.pushclient.action.*", "push"},
	{"android.intent.action.USER_PRESENT", "user-present"}, {"android.intent.action.USER_UNLOCKED", "user-present"}, {"android.intent.action.USER_*", "user-present"},
	{"android.intent.action.ACTION_POWER_*", "power"}, {"android.intent.action.BATTERY_*", "power"}, {"android.intent.action.DOCK_EVENT", "power"},
	{"android.intent.action.TIME_SET", "time"}, {"android.intent.action.TIMEZONE_CHANGED", "time"}, {"android.intent.action.DATE_CHANGED", "time"}, {"android.intent.action.TIME_TICK", "time"},
	{"android.accounts.LOGIN_ACCOUNTS_CHANGED", "account"}, {"android.accounts.action.*", "account"},
	{"android.intent.action.MEDIA_*", "observer"}, {"android.hardware.action.NEW_*", "observer"}, {"android.intent.action.PROVIDER_CHANGED", "observer"},
	{"android.intent.action.DEVICE_STORAGE_*", "observer"}, {"android.intent.action.PROXY_CHANGE", "connectivity"},
	{"android.content.SyncAdapter", "sync"},
	{"android.service.notification.NotificationListenerService", "system-role"}, {"android.accessibilityservice.AccessibilityService", "system-role"},
	{"android.app.action.DEVICE_ADMIN_*", "system-role"}, {"android.view.InputMethod", "system-role"}, {"android.service.carrier.*", "system-role"},
	{"android.telecom.*", "system-role"}, {"android.service.wallpaper.WallpaperService", "system-role"}, {"com.android.location.service.*", "system-role"},
}

// TriggerOf returns what starts a component that filters action, "" where only others' code or the user does.
func TriggerOf(action string) string {
	for _, t := range triggers {
		if t.action == action {
			return t.name
		}
		if p, ok := strings.CutSuffix(t.action, "*"); ok && strings.HasPrefix(action, p) {
			return t.name
		}
	}
	return ""
}

// autostarts lists the components of an app that the system starts without the user, one fact per component
// and trigger. Components and apps switched off in the manifest do not count.
func autostarts(fw *Firmware, a *App) []fact.Fact {
	var out []fact.Fact
	for _, f := range fw.Record.Units[a.Unit].Facts {
		switch f.Kind {
		case "package":
			if f.Fields.Get("persistent") == "yes" {
				out = append(out, autostart(f, a.Package, "package", "persistent", ""))
			}
		case "component":
			out = append(out, componentStarts(f)...)
		}
	}
	return out
}

func componentStarts(f fact.Fact) []fact.Fact {
	kind := f.Fields.Get("type")
	if f.Fields.Get("enabled") == "no" || kind != "receiver" && kind != "service" {
		return nil
	}
	var out []fact.Fact
	seen := map[string]bool{}
	for _, action := range f.Fields.All("action") {
		t := TriggerOf(action)
		// A service is not started by a broadcast: only bindings by the system count.
		if t == "" || seen[t] || kind == "service" && t != "sync" && t != "system-role" && t != "push" {
			continue
		}
		seen[t] = true
		out = append(out, autostart(f, f.Fields.Get("name"), kind, t, action))
	}
	return out
}

func autostart(from fact.Fact, component, kind, trigger, action string) fact.Fact {
	return fact.Fact{Kind: "autostart", At: from.At, Evidence: from.Evidence,
		Fields: fact.F("component", component, "type", kind, "trigger", trigger, "action", action)}
}
