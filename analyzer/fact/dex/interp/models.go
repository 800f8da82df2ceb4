package interp

import (
	"maps"
	"strings"
)

// Descriptors that the model tables repeat.
const (
	tS  = "Ljava/lang/String;"
	tO  = "Ljava/lang/Object;"
	tCS = "Ljava/lang/CharSequence;"
	tCh = "Ljava/nio/charset/Charset;"
	tL  = "Ljava/util/Locale;"
	tC  = "Ljava/util/Collection;"
	tM  = "Ljava/util/Map;"
	tIt = "Ljava/util/Iterator;"
	tBB = "Ljava/nio/ByteBuffer;"
	tBI = "Ljava/math/BigInteger;"
	tBu = "Ljava/lang/StringBuilder;"
	tBf = "Ljava/lang/StringBuffer;"
	tKy = "Ljava/security/Key;"
	tAP = "Ljava/security/spec/AlgorithmParameterSpec;"
	tKS = "Ljava/security/spec/KeySpec;"
	tSK = "Ljavax/crypto/SecretKey;"
	tTh = "Ljava/lang/Throwable;"
)

// table is the models of one class: "name(args)ret" to what it does.
type table = map[string]model

// allModels returns every model by class. A class inherits those of its superclass, see hierarchy.
func allModels() map[string]table {
	all := map[string]table{}
	for _, part := range []map[string]table{
		stringModels(), builderModels(), boxModels(), characterModels(), langModels(), arrayModels(), listModels(), mapModels(),
		streamModels(), bufferModels(), codecModels(), cryptoModels(), keyModels(), numberModels(),
	} {
		for class, t := range part {
			if all[class] == nil {
				all[class] = table{}
			}
			maps.Copy(all[class], t)
		}
	}
	return all
}

// impure names what gives other answers at other times or on other devices; the rest of the platform that has no
// model is merely unmodelled.
var impure = []string{
	"Ljava/lang/System;->currentTimeMillis", "Ljava/lang/System;->nanoTime", "Ljava/lang/System;->getenv",
	"Ljava/lang/System;->getProperty", "Ljava/lang/System;->identityHashCode", "Ljava/lang/Math;->random", "Ljava/util/Date;",
	"Ljava/util/Calendar;", "Ljava/util/GregorianCalendar;", "Ljava/util/UUID;->randomUUID", "Ljava/security/SecureRandom;",
	"Ljavax/crypto/KeyGenerator;", "Ljava/security/KeyPairGenerator;", "Ljava/util/Random;-><init>()V", "Landroid/os/SystemClock;",
	"Landroid/os/Build;", "Landroid/os/Build$VERSION;", "Landroid/os/SystemProperties;", "Landroid/provider/Settings",
	"Ljava/util/Locale;->getDefault", "Ljava/util/TimeZone;", "Ljava/io/File", "Ljava/net/Socket;", "Ljava/net/URL;->open",
	"Ljava/net/InetAddress;", "Ljava/lang/Runtime;", "Landroid/telephony/", "Ljava/lang/Thread;->currentThread",
}

func callReason(class, sig string) Reason {
	ref := class + "->" + sig
	for _, p := range impure {
		if strings.HasPrefix(ref, p) {
			return Impure
		}
	}
	return Unmodelled
}

func staticReason(class string) Reason { return callReason(class, "") }

// state returns the state of a modelled object.
func state[T any](m *Machine, o *object) (t T, err error) {
	if o == nil {
		return t, m.npe()
	}
	t, ok := o.native.(T)
	if !ok {
		return t, stop(Unmodelled, "%s in a place of %T", o.class.name, t)
	}
	return t, nil
}

// on makes a model of what a function does with the state of the receiver.
func on[T any](f func(m *Machine, t T, a []reg) (reg, error)) model {
	return func(m *Machine, a []reg) (reg, error) {
		t, err := state[T](m, a[0].o)
		if err != nil {
			return reg{}, err
		}
		return f(m, t, a)
	}
}

// given makes a model of what a static function does with the state of its first argument.
func given[T any](f func(m *Machine, t T) (reg, error)) model {
	return on(func(m *Machine, t T, _ []reg) (reg, error) { return f(m, t) })
}

// initial makes a constructor: f returns the state of the new object.
func initial(f func(m *Machine, a []reg) (any, error)) model {
	return func(m *Machine, a []reg) (reg, error) {
		if a[0].o == nil {
			return reg{}, m.npe()
		}
		if a[0].o.native != nil {
			return reg{}, stop(Missing, "an object made twice")
		}
		s, err := f(m, a)
		if err == nil {
			a[0].o.native = s
		}
		return reg{}, err
	}
}

// receiver guards a model that looks at its receiver whatever it is.
func receiver(f model) model {
	return func(m *Machine, a []reg) (reg, error) {
		if a[0].o == nil {
			return reg{}, m.npe()
		}
		return f(m, a)
	}
}

func nothing(*Machine, []reg) (reg, error)  { return reg{}, nil }
func self(_ *Machine, a []reg) (reg, error) { return a[0], nil }
func yes(*Machine, []reg) (reg, error)      { return boolReg(true), nil }
func no(*Machine, []reg) (reg, error)       { return boolReg(false), nil }

// modelledStatics are the static fields of modelled classes.
var modelledStatics = map[string]func(*Machine) (reg, error){
	tS + "->CASE_INSENSITIVE_ORDER:Ljava/util/Comparator;":     singleton("java/util/Comparator", ignoreCase{}),
	"Ljava/util/Locale;->US:" + tL:                             singleton("java/util/Locale", locale("en_US")),
	"Ljava/util/Locale;->ENGLISH:" + tL:                        singleton("java/util/Locale", locale("en")),
	"Ljava/util/Locale;->UK:" + tL:                             singleton("java/util/Locale", locale("en_GB")),
	"Ljava/util/Locale;->ROOT:" + tL:                           singleton("java/util/Locale", locale("")),
	"Ljava/nio/charset/StandardCharsets;->UTF_8:" + tCh:        singleton("java/nio/charset/Charset", utf8Set),
	"Ljava/nio/charset/StandardCharsets;->US_ASCII:" + tCh:     singleton("java/nio/charset/Charset", asciiSet),
	"Ljava/nio/charset/StandardCharsets;->ISO_8859_1:" + tCh:   singleton("java/nio/charset/Charset", latin1Set),
	"Ljava/nio/charset/StandardCharsets;->UTF_16:" + tCh:       singleton("java/nio/charset/Charset", utf16Set),
	"Ljava/nio/charset/StandardCharsets;->UTF_16BE:" + tCh:     singleton("java/nio/charset/Charset", utf16BESet),
	"Ljava/nio/charset/StandardCharsets;->UTF_16LE:" + tCh:     singleton("java/nio/charset/Charset", utf16LESet),
	"Ljava/nio/ByteOrder;->BIG_ENDIAN:Ljava/nio/ByteOrder;":    singleton("java/nio/ByteOrder", byteOrder(false)),
	"Ljava/nio/ByteOrder;->LITTLE_ENDIAN:Ljava/nio/ByteOrder;": singleton("java/nio/ByteOrder", byteOrder(true)),
	"Ljava/lang/Boolean;->TRUE:Ljava/lang/Boolean;":            func(m *Machine) (reg, error) { return m.box(true) },
	"Ljava/lang/Boolean;->FALSE:Ljava/lang/Boolean;":           func(m *Machine) (reg, error) { return m.box(false) },
	"Ljava/lang/Integer;->TYPE:Ljava/lang/Class;":              primitiveToken("I"),
	"Ljava/lang/Byte;->TYPE:Ljava/lang/Class;":                 primitiveToken("B"),
	"Ljava/lang/Character;->TYPE:Ljava/lang/Class;":            primitiveToken("C"),
	"Ljava/lang/Short;->TYPE:Ljava/lang/Class;":                primitiveToken("S"),
	"Ljava/lang/Long;->TYPE:Ljava/lang/Class;":                 primitiveToken("J"),
	"Ljava/lang/Boolean;->TYPE:Ljava/lang/Class;":              primitiveToken("Z"),
	"Ljava/lang/Float;->TYPE:Ljava/lang/Class;":                primitiveToken("F"),
	"Ljava/lang/Double;->TYPE:Ljava/lang/Class;":               primitiveToken("D"),
	"Ljava/math/BigInteger;->ZERO:" + tBI:                      bigConstant(0),
	"Ljava/math/BigInteger;->ONE:" + tBI:                       bigConstant(1),
	"Ljava/math/BigInteger;->TEN:" + tBI:                       bigConstant(10),
}

type (
	ignoreCase struct{}
	locale     string
	byteOrder  bool // little-endian
)

func primitiveToken(name string) func(*Machine) (reg, error) {
	return func(m *Machine) (reg, error) { return reg{o: m.p.token(m.p.class(name))}, nil }
}

// singleton makes one object of a class for each state.
func singleton(class string, s any) func(*Machine) (reg, error) {
	return func(m *Machine) (reg, error) { return m.shared("L"+class+";", s) }
}

type sharedKey struct {
	class string
	state any
}

// shared returns the machine's one object of a comparable state.
func (m *Machine) shared(class string, s any) (reg, error) {
	k := sharedKey{class, s}
	if o := m.boxes[k]; o != nil {
		return reg{o: o}, nil
	}
	if err := m.alloc(objectSize); err != nil {
		return reg{}, err
	}
	if m.boxes == nil {
		m.boxes = map[sharedKey]*object{}
	}
	o := &object{class: m.p.class(class), native: s}
	m.boxes[k] = o
	return reg{o: o}, nil
}

// size returns the length of what an object holds, for charging work.
func size(o *object) int {
	switch s := o.native.(type) {
	case text:
		return len(s)
	case *builder:
		return len(s.t)
	case *list:
		return len(s.items)
	case *hashMap:
		return len(s.entries)
	}
	return max(0, o.length())
}
