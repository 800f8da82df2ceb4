package interp

import (
	"strings"
	"sync"

	"romscan/analyzer/fact/dex"
)

// Program is the code of an app. It is read on demand, and may be shared by any number of goroutines: what a run
// changes is in its Machine.
type Program struct {
	files  []*dex.File
	defs   map[string]classDef
	models map[string]map[string]model // by class descriptor, then by "name(args)ret"
	std    stdClasses
	blind  *class // of what unmodelled calls return

	loaded sync.Map   // class descriptor -> *class
	mu     sync.Mutex // held to load a class
	busy   map[string]bool
	count  int      // of classes loaded
	tokens sync.Map // *class -> its Class object
	intern sync.Map // string constant -> *object
	pure   sync.Map // method reference -> why it is not pure, "" if it is

	scan    sync.Once
	written map[*staticField]bool // see writtenElsewhere
}

type classDef struct {
	file  *dex.File
	index int
}

// stdClasses are looked up once, as models make objects of them all the time.
type stdClasses struct{ object, str, bytes, chars, strings *class }

// NewProgram indexes the classes of an app's dex files, which are in the order of their loading: the first definition
// of a class wins.
func NewProgram(files []*dex.File) *Program {
	p := &Program{files: files, defs: map[string]classDef{}, busy: map[string]bool{}, models: allModels()}
	for _, f := range files {
		for i := range f.NumClasses() {
			c, _ := f.Class(i)
			name := f.Type(c.Class)
			if _, ok := p.defs[name]; !ok && len(name) > 2 && name[0] == 'L' {
				p.defs[name] = classDef{f, i}
			}
		}
	}
	p.blind = &class{name: "an unmodelled class", p: p, unknown: true}
	p.std = stdClasses{
		object: p.class("Ljava/lang/Object;"), str: p.class("Ljava/lang/String;"), bytes: p.class("[B"),
		chars: p.class("[C"), strings: p.class("[Ljava/lang/String;"),
	}
	return p
}

// class returns the class of a descriptor, loading it and its supertypes; a class nobody knows is a class too.
func (p *Program) class(name string) *class {
	if c, ok := p.loaded.Load(name); ok {
		return c.(*class)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.load(name)
}

// load does it with the lock held. A class is published when its supertypes are complete; one whose supertypes
// form a cycle, or are too many, counts as unknown.
func (p *Program) load(name string) *class {
	if c, ok := p.loaded.Load(name); ok {
		return c.(*class)
	}
	c := &class{name: name, p: p}
	if p.busy[name] {
		c.unknown = true
		return c
	}
	p.busy[name] = true
	defer delete(p.busy, name)
	super, interfaces := "", []string(nil)
	def, mine := p.defs[name]
	switch line, modelled := hierarchy[strings.TrimSuffix(strings.TrimPrefix(name, "L"), ";")]; {
	case strings.HasPrefix(name, "["):
		super, interfaces = "Ljava/lang/Object;", []string{"Ljava/lang/Cloneable;", "Ljava/io/Serializable;"}
	case modelled:
		for i, s := range strings.Fields(line) {
			if s = "L" + s + ";"; i == 0 {
				super = s
			} else {
				interfaces = append(interfaces, s)
			}
		}
		c.models = p.models[name]
	case mine:
		super, interfaces = c.read(def)
	default:
		c.unknown = true
		c.models = p.models[name]
	}
	if super != "" {
		c.inherit(p.load(super))
	}
	for _, i := range interfaces {
		c.implement(p.load(i))
	}
	c.place()
	p.count++
	c.id = p.count
	p.loaded.Store(name, c)
	return c
}

// text returns the String object of a constant: one for each text, as Java interns them.
func (p *Program) text(s []byte) *object {
	t := fromMUTF8(s)
	if o, ok := p.intern.Load(string(s)); ok {
		return o.(*object)
	}
	o, _ := p.intern.LoadOrStore(string(s), &object{class: p.std.str, native: t})
	return o.(*object)
}

// token returns the Class object of a class.
func (p *Program) token(c *class) *object {
	if o, ok := p.tokens.Load(c); ok {
		return o.(*object)
	}
	o, _ := p.tokens.LoadOrStore(c, &object{class: p.class("Ljava/lang/Class;"), native: c})
	return o.(*object)
}
