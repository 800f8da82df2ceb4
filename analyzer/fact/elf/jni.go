package elf

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Prefixes of the names the runtime looks for when a native method is called for the first time (JNI Specification,
// "Resolving Native Method Names"); the second is that of @CriticalNative methods of the desktop runtime.
var jniPrefixes = []string{"Java_", "JavaCritical_"}

// nativeOf returns the method that an exported symbol implements: "Lcom/x/Y;->m" for Java_com_x_Y_m, with the types
// of its arguments where the symbol has them because the method is overloaded.
func nativeOf(symbol string) (method string, ok bool) {
	var rest string
	for _, p := range jniPrefixes {
		if rest, ok = strings.CutPrefix(symbol, p); ok {
			break
		}
	}
	if !ok {
		return "", false
	}
	name, args, overloaded := cutSignature(rest)
	name, ok = unmangle(name)
	if !ok {
		return "", false
	}
	i := strings.LastIndexByte(name, '/')
	if i <= 0 || i == len(name)-1 || strings.ContainsAny(name, ";[(") || strings.Contains(name, "//") {
		return "", false
	}
	method = "L" + name[:i] + ";->" + name[i+1:]
	if !overloaded {
		return method, true
	}
	args, ok = unmangle(args)
	args = "(" + args + ")"
	if !ok || !validSignature(args+"V") {
		return "", false
	}
	return method + args, true
}

// cutSignature splits at the two underscores before the types of the arguments. Two underscores before a digit are the
// end of a class and the escape that a method's name begins with.
func cutSignature(s string) (name, args string, found bool) {
	for at := 0; ; {
		i := strings.Index(s[at:], "__")
		if i < 0 {
			return s, "", false
		}
		if i += at; i+2 < len(s) && s[i+2] >= '0' && s[i+2] <= '3' {
			at = i + 2
			continue
		}
		return s[:i], s[i+2:], true
	}
}

// unmangle undoes the escapes of names in symbols: _ for /, _1 for _, _2 for ;, _3 for [, _0xxxx for a UTF-16 unit.
func unmangle(s string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '_' {
			b.WriteByte(s[i])
			continue
		}
		next := byte(0)
		if i+1 < len(s) {
			next = s[i+1]
		}
		switch next {
		case '0':
			if i+6 > len(s) {
				return "", false
			}
			unit, err := strconv.ParseUint(s[i+2:i+6], 16, 16)
			if err != nil {
				return "", false
			}
			b.WriteRune(rune(unit))
			i += 5
		case '1', '2', '3':
			b.WriteByte("_;["[next-'1'])
			i++
		default:
			b.WriteByte('/')
		}
	}
	return b.String(), true
}

// validSignature tells whether s is a method's descriptor: "(ILjava/lang/String;[B)V" (JVM Specification 4.3.3).
func validSignature(s string) bool {
	rest, ok := strings.CutPrefix(s, "(")
	if !ok {
		return false
	}
	for !strings.HasPrefix(rest, ")") {
		if rest, ok = skipType(rest); !ok {
			return false
		}
	}
	rest = rest[1:]
	if rest == "V" {
		return true
	}
	rest, ok = skipType(rest)
	return ok && rest == ""
}

func skipType(s string) (rest string, ok bool) {
	s = strings.TrimLeft(s, "[")
	if s == "" {
		return "", false
	}
	switch s[0] {
	case 'Z', 'B', 'C', 'S', 'I', 'J', 'F', 'D':
		return s[1:], true
	case 'L':
		i := strings.IndexByte(s, ';')
		if i < 2 || !validName(strings.ReplaceAll(s[1:i], "/", "")) {
			return "", false
		}
		return s[i+1:], true
	}
	return "", false
}

// validName tells whether s may be the name of a method or, without its slashes, of a class.
func validName(s string) bool {
	if s == "" || !utf8.ValidString(s) {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r == 0x7f || strings.ContainsRune("()[];./,:\"'%=*+&|!?#@\\{}", r)
	})
}
