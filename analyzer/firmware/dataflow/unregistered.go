package dataflow

import "slices"

// A component that could be a listener is told nothing unless it is registered as one: its methods of such an interface are
// none that the platform calls by the component's life. Nothing but a registration leads to those of the interfaces below.

var listeners = map[string][]string{
	"Landroid/view/View$OnClickListener;":                                  {"onClick"},
	"Landroid/view/View$OnLongClickListener;":                              {"onLongClick"},
	"Landroid/view/View$OnTouchListener;":                                  {"onTouch"},
	"Landroid/view/View$OnKeyListener;":                                    {"onKey"},
	"Landroid/view/View$OnFocusChangeListener;":                            {"onFocusChange"},
	"Landroid/view/MenuItem$OnMenuItemClickListener;":                      {"onMenuItemClick"},
	"Landroid/view/animation/Animation$AnimationListener;":                 {"onAnimationStart", "onAnimationEnd", "onAnimationRepeat"},
	"Landroid/content/DialogInterface$OnClickListener;":                    {"onClick"},
	"Landroid/content/DialogInterface$OnCancelListener;":                   {"onCancel"},
	"Landroid/content/DialogInterface$OnDismissListener;":                  {"onDismiss"},
	"Landroid/content/DialogInterface$OnKeyListener;":                      {"onKey"},
	"Landroid/content/ServiceConnection;":                                  {"onServiceConnected", "onServiceDisconnected"},
	"Landroid/app/DatePickerDialog$OnDateSetListener;":                     {"onDateSet"},
	"Landroid/app/TimePickerDialog$OnTimeSetListener;":                     {"onTimeSet"},
	"Landroid/widget/AdapterView$OnItemClickListener;":                     {"onItemClick"},
	"Landroid/widget/AdapterView$OnItemLongClickListener;":                 {"onItemLongClick"},
	"Landroid/widget/AdapterView$OnItemSelectedListener;":                  {"onItemSelected", "onNothingSelected"},
	"Landroid/widget/CompoundButton$OnCheckedChangeListener;":              {"onCheckedChanged"},
	"Landroid/widget/RadioGroup$OnCheckedChangeListener;":                  {"onCheckedChanged"},
	"Landroid/widget/SeekBar$OnSeekBarChangeListener;":                     {"onProgressChanged", "onStartTrackingTouch", "onStopTrackingTouch"},
	"Landroid/widget/RatingBar$OnRatingBarChangeListener;":                 {"onRatingChanged"},
	"Landroid/widget/TextView$OnEditorActionListener;":                     {"onEditorAction"},
	"Landroid/text/TextWatcher;":                                           {"beforeTextChanged", "onTextChanged", "afterTextChanged"},
	"Landroid/location/LocationListener;":                                  {"onLocationChanged", "onStatusChanged", "onProviderEnabled", "onProviderDisabled"},
	"Landroid/hardware/SensorEventListener;":                               {"onSensorChanged", "onAccuracyChanged"},
	"Landroid/media/MediaPlayer$OnCompletionListener;":                     {"onCompletion"},
	"Landroid/media/MediaPlayer$OnPreparedListener;":                       {"onPrepared"},
	"Landroid/preference/Preference$OnPreferenceClickListener;":            {"onPreferenceClick"},
	"Landroid/preference/Preference$OnPreferenceChangeListener;":           {"onPreferenceChange"},
	"Landroid/content/SharedPreferences$OnSharedPreferenceChangeListener;": {"onSharedPreferenceChanged"},
}

// onlyRegistered reports whether a method of a component is one of a listener, and no layout names it.
func (a *analysis) onlyRegistered(class string, m *Method) bool {
	if !a.followsViews() || a.click(m) && a.app.Clicks[m.Name] {
		return false
	}
	for c, n := a.u.class(class), 0; c != nil && n < maxChain; c, n = a.u.class(c.Super), n+1 {
		for _, i := range c.Interfaces {
			if slices.Contains(listeners[i], m.Name) {
				return true
			}
		}
	}
	return false
}
