package dataflow

import (
	"slices"
)

// label is a set of reasons for which a method runs.
type label uint32

// The reasons: the words of the fact kind flow, in their order, and some that only this package uses.
const (
	byBoot label = 1 << iota
	byTelephony
	byConnectivity
	byPackage
	byPush
	bySchedule
	byObserver
	byProcess
	bySMS
	byUser
	byOtherApp
	byUnknown
	byTap    // a user's action: among byUser
	byAnyone // others may ask for it, if it does not start by itself: see settled
	labels   = 14
)

// automatic are the reasons that need no user.
const automatic = byBoot | byTelephony | byConnectivity | byPackage | byPush | bySchedule | byObserver | byProcess | bySMS

var labelNames = [...]string{"boot", "telephony", "connectivity", "package", "push", "schedule", "observer", "process", "sms", "user", "other-app", "unknown"}

func (l label) names() []string {
	var out []string
	for i, n := range labelNames {
		if l&(1<<i) != 0 {
			out = append(out, n)
		}
	}
	return out
}

// SortReasons puts the names of reasons in their order.
func SortReasons(list []string) {
	slices.SortFunc(list, func(x, y string) int { return slices.Index(labelNames[:], x) - slices.Index(labelNames[:], y) })
}

// automatic reports whether any reason of a flow needs no user.
func (f *Flow) automatic() bool {
	return slices.ContainsFunc(f.Activation, func(name string) bool {
		i := slices.Index(labelNames[:], name)
		return i >= 0 && automatic&(1<<i) != 0
	})
}

// triggerLabels translate the triggers of the fact kind autostart.
var triggerLabels = map[string]label{
	"boot-completed": byBoot, "persistent": byProcess, "telephony": byTelephony, "sms": bySMS, "connectivity": byConnectivity,
	"package": byPackage, "push": byPush, "schedule": bySchedule, "sync": bySchedule, "observer": byObserver, "process": byProcess,
	"power": byObserver, "time": bySchedule, "user-present": byObserver, "account": byObserver, "system-role": byProcess, "init": byProcess,
}

// taps are callbacks that only a user's action leads to.
var taps = map[string]bool{
	"onClick": true, "onLongClick": true, "onTouch": true, "onItemClick": true, "onItemSelected": true, "onPreferenceChange": true,
	"onPreferenceClick": true, "onPreferenceTreeClick": true, "onCheckedChanged": true, "onMenuItemClick": true, "onOptionsItemSelected": true,
	"onEditorAction": true, "onKey": true, "onKeyDown": true, "onTextChanged": true, "onProgressChanged": true, "onRatingChanged": true,
	"onContextItemSelected": true, "onListItemClick": true, "onMultiChoiceClick": true, "onStopTrackingTouch": true,
}

// dumped is the method of a component that prints its state for whoever debugs the phone (dumpsys): no start of the
// component calls it (android.app.Service#dump, android.app.Activity#dump).
const dumped = "dump"

// secretCode is the action of what the user dials to reach an app.
const secretCode = "android.provider.Telephony.SECRET_CODE"

// settled leaves out that others may ask for what starts by itself.
func (l label) settled() label {
	if l&byAnyone == 0 {
		return l
	}
	if l &^= byAnyone; l == 0 {
		return byOtherApp
	}
	return l
}
