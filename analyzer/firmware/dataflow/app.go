package dataflow

// App is what the manifest and the resources of an app say that matters to its code.
type App struct {
	Package     string
	Application string // descriptor of the application class, "" for none
	Components  []Component
	// Triggers are what starts the app's process as a whole: persistent.
	Triggers []string
	// TriggerOf names what starts a receiver of an action; "" for what no system event does.
	TriggerOf func(action string) string
	// Props are the system properties of the image.
	Props map[string]string
	// Packages are those of the image.
	Packages map[string]bool
	// Absent reports whether the image has no file of a path, and nothing in it that could make one; nil where that is not known.
	Absent func(path string) bool
	// Strings returns the texts of a string resource in all configurations; nil where there is no table.
	Strings func(id uint32) []string
	// Secret are the numbers of views that take passwords.
	Secret map[uint32]bool
	// Clicks are names of methods that layouts call when the user taps.
	Clicks map[string]bool
	// Inflated are the classes of views and fragments that layouts name, Views those of views by their number.
	Inflated []string
	Views    map[uint32]string
	// Settings are the switches of preference screens by their key: the default, "" where the screen states none.
	Settings map[string]string
	// Meta are the texts of the manifest's meta-data by the class of the component they are of, "" for the application, and by
	// name: a resource's in all configurations.
	Meta map[string]map[string][]string
	// Offered are the content addresses that meta-data of any app of the image names, by the name of the meta-data.
	Offered map[string][]string
	// Authorities of providers by class.
	Authorities map[string][]string
	// System marks the code of the system's own process: what it defines in Android's packages is its own.
	System bool
}

// Component is an activity, service, receiver or provider; of code that is no app, see enterProgram, main or object.
type Component struct {
	Kind     string
	Class    string   // descriptor
	Actions  []string // of all its filters
	Filters  []Filter
	Enabled  bool
	Exported bool
	// Permission is what who addresses it has to hold, "" for none.
	Permission string
	// Syncs are the authorities that a service is the sync adapter of.
	Syncs []string
	// Triggers are what starts it without the user, in the words of the fact kind autostart.
	Triggers []string
}

// component returns the component of a class.
func (a *App) component(class string) *Component {
	for i := range a.Components {
		if a.Components[i].Class == class {
			return &a.Components[i]
		}
	}
	return nil
}
