package image

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
)

// Contain runs f and turns a panic into an *Error: the one place where panics of formats and analyzers end.
func Contain(f func() error) (err error) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		where := ""
		pc := make([]uintptr, 16)
		frames := runtime.CallersFrames(pc[:runtime.Callers(3, pc)])
		for {
			fr, more := frames.Next()
			if strings.Contains(fr.Function, "romscan/") {
				where = fmt.Sprintf(" in %s:%d", fr.Function, fr.Line)
				break
			}
			if !more {
				break
			}
		}
		var re runtime.Error
		if e, ok := v.(error); ok && errors.As(e, &re) {
			v = re.Error()
		}
		err = Errorf(Panicked, -1, "%v%s", v, where)
	}()
	return f()
}
