package fact

import "strings"

// ShortMethod makes a method reference readable: "Landroid/telephony/TelephonyManager;->getDeviceId()Ljava/lang/String;"
// becomes "TelephonyManager.getDeviceId()". Text that is no method reference is returned as it is.
func ShortMethod(s string) string {
	class, rest, ok := strings.Cut(s, ";->")
	if !ok || !strings.HasPrefix(class, "L") {
		return s
	}
	name, _, ok := strings.Cut(rest, "(")
	if !ok {
		return s
	}
	return class[strings.LastIndexByte(class, '/')+1:] + "." + name + "()"
}

// DottedMethod writes the class in full: "com.x.Y.onBoot".
func DottedMethod(s string) string {
	class, rest, ok := strings.Cut(s, ";->")
	if !ok || !strings.HasPrefix(class, "L") {
		return s
	}
	name, _, _ := strings.Cut(rest, "(")
	return strings.ReplaceAll(class[1:], "/", ".") + "." + name
}
