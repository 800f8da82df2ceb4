package dataflow

// Limits bound the work; zero means the default.
type Limits struct {
	Steps       int // units of work on one app: instructions, and values carried from callee to caller
	MethodSteps int // instructions interpreted in one method
	Library     int // units of work on code of libraries, on top of Steps
	Rounds      int // rounds over roots until global cells are stable

	// Done is closed when the work has to end at once: what was found is returned, with a cut that says so. Nil is never.
	Done <-chan struct{}
}

func (l Limits) withDefaults() Limits {
	if l.Steps == 0 {
		l.Steps = 3_000_000
	}
	if l.MethodSteps == 0 {
		l.MethodSteps = 200_000
	}
	if l.Library == 0 {
		l.Library = 600_000
	}
	if l.Rounds == 0 {
		l.Rounds = 8
	}
	return l
}

// analysis is the work on one app. It is not safe for concurrent use.
type analysis struct {
	u        *universe
	voc      *Vocabulary
	profile  string
	app      *App
	matched  matching
	asked    map[PropAsked]bool // what it was asked of the properties of the image
	made     map[string]*making // of classes of the program
	absent   map[string]bool    // of those: of which no object is made
	packages map[string]bool    // that it was asked whether the image has them
	files    map[string]bool    // of which it was asked whether anything of the image makes them
	limits   Limits
	t        *tables
	c        *condTable
	calls    map[string]*Call
	ops      map[string]operation

	sums              map[*Method]*summary
	stack             int
	libLeft, libDepth int
	steps, looked     int
	late              bool                 // the time is over
	idle              map[*Method][]uint32 // instructions that load a text and no way through the method leads to
	cutsBy            map[string]int
	sites             []Site
	siteIDs           map[siteKey]uint32
	chains            *chainTable

	settled      []settledEvent
	settledI     map[settledKey]int
	edges        map[callEdge]struct{}
	edgeList     []callEdge
	handed       argTable
	inRoot       int32 // the run whose events are being settled, plus one
	cells        map[slot]value
	cellLog      map[slot][]cellWrite
	everWritten  map[string]*fieldWrites // to fields of simple types, of all objects
	kept         map[slot][]kept         // writes of settings, with their conditions
	keptLost     bool                    // and there are more
	news         map[uint32]bool         // the instructions that make objects by themselves
	initialisers map[string]*initialiser
	askers       []resultLink
	results      []int // starts that give a result back
	guessed      bool
	opens        []opened // summaries being made, the outermost first
	partials     []*Method
	alias        map[aliasKey]*summary
	must         map[mustKey]bool
	callers      map[*Method][]callEdge
	callersN     int                // edges in callers
	homes        map[homeKey][]atom // of shared objects, by what makes them
	cellsOf      map[atom][]string
	touched      map[string]bool
	inits        []*Method
	finals       map[string]value
	sharing      map[sharedKey]bool
	trustDefault bool
	types        []string
	typeIDs      map[string]uint32
	dynamic      []dynamicReceiver
	channels     map[atom]string // of places that other apps may write; see channel
	worldly      map[string]bool // preferences and files that others may read
	entered      map[string]map[*Method]bool
	bound        map[atom]bool // binders that other apps call
	binders      []Component
	entries      map[*Method]string // what the platform calls, and of which component
	expanded     map[value]value
	forgotten    map[forgottenKey]value // answers of unknown
	circles      map[value]bool         // what expand is in the middle of, or came to nothing in the middle of
	circled      int                    // how often expand met one
	starts       []pendingStart
	waiting      []settledEvent // calls that run later on objects in cells
	waits        map[waitKey]bool
	missing      map[atom]bool   // results of calls that were never made
	samePlace    map[atom][]atom // of places of postponed calls: those that hold the answers to the same calls
	takenBack    []value         // receivers that code unregisters
	writeable    map[string]bool // preferences in files that every app may write
	woken        map[wokenKey]bool
	unwrapped    map[atom]bool // objects whose insides are being looked at
	roots        []root
	ran          int // roots that were run
	rootIDs      map[string]int
	strings      map[string]Recovered
	dec          *decoder
	passed       map[*Method][]value // what methods are called with
	readAt       map[uint32]readGate // of sources
	namings      map[string][]naming // where the code names hosts
	mentions     map[Mention]bool
	mentionL     []Mention
	classes      map[string]bool // classes made somewhere: live for dispatch
	enums        *constants
	special      specials

	isApart       bool            // cells are looked up without what common objects hold
	expandedApart map[value]value // expanded, for that
}

func newAnalysis(u *universe, app *App, voc *Vocabulary, profile string, l Limits) *analysis {
	return &analysis{
		u:             u,
		voc:           voc,
		profile:       profile,
		app:           app,
		limits:        l.withDefaults(),
		t:             newTables(),
		c:             newCondTable(),
		calls:         map[string]*Call{},
		ops:           operations(),
		sums:          map[*Method]*summary{},
		cutsBy:        map[string]int{},
		siteIDs:       map[siteKey]uint32{},
		chains:        newChainTable(),
		settledI:      map[settledKey]int{},
		edges:         map[callEdge]struct{}{},
		cells:         map[slot]value{},
		cellLog:       map[slot][]cellWrite{},
		everWritten:   map[string]*fieldWrites{},
		kept:          map[slot][]kept{},
		news:          map[uint32]bool{},
		homes:         map[homeKey][]atom{},
		must:          map[mustKey]bool{},
		alias:         map[aliasKey]*summary{},
		initialisers:  map[string]*initialiser{},
		rootIDs:       map[string]int{},
		strings:       map[string]Recovered{},
		classes:       map[string]bool{},
		sites:         make([]Site, 1),
		enums:         newConstants(),
		special:       specials{known: map[specialKey]*summary{}, of: map[*summary]int{}, keyed: map[specialKey]*summary{}, keyedOf: map[*summary]int{}},
		cellsOf:       map[atom][]string{},
		touched:       map[string]bool{},
		finals:        map[string]value{},
		sharing:       map[sharedKey]bool{},
		typeIDs:       map[string]uint32{},
		entries:       map[*Method]string{},
		expanded:      map[value]value{},
		forgotten:     map[forgottenKey]value{},
		circles:       map[value]bool{},
		expandedApart: map[value]value{},
		woken:         map[wokenKey]bool{},
		waits:         map[waitKey]bool{},
		writeable:     map[string]bool{},
		idle:          map[*Method][]uint32{},
		mentions:      map[Mention]bool{},
		readAt:        map[uint32]readGate{},
		namings:       map[string][]naming{},
		passed:        map[*Method][]value{},
		made:          map[string]*making{},
		samePlace:     map[atom][]atom{},
		missing:       map[atom]bool{},
	}
}

func (a *analysis) cut(what string) { a.cutsBy[what]++ }

// looks is how often the clock is ignored before it is looked at.
const looks = 1 << 8

// spent reports whether no work is left to do on this app, and notes what for.
func (a *analysis) spent() bool {
	if a.looked++; !a.late && a.looked%looks == 1 {
		select {
		case <-a.limits.Done:
			a.late = true
			a.cut("time")
		default:
		}
	}
	if a.late {
		return true
	}
	if a.steps > a.limits.Steps {
		a.cut("work on an app")
		return true
	}
	return false
}
