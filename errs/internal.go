package errs

import (
	"fmt"
	"io"
	"runtime/debug"
	"strings"
)

// InternalError says that something in this program panicked: the fault is neither
// the file's nor the caller's. What returned it can go on with other work. It prints
// one line; with %+v, and of its own, the stack follows.
type InternalError struct {
	Value any    // what was panicked with
	Stack []byte // of the goroutine that did, as debug.Stack prints it
}

// Recover is deferred by a function whose error is err: a panic becomes an
// *InternalError there. It does not catch what Go itself cannot recover from: a
// stack or memory that ran out, or maps that goroutines write to at the same time.
func Recover(err *error) {
	if value := recover(); value != nil {
		*err = Internal(value)
	}
}

// Internal makes an error of what recover returned, in the function that called it.
func Internal(value any) *InternalError { return &InternalError{value, debug.Stack()} }

func (e *InternalError) Error() string {
	what := strings.Join(strings.Fields(fmt.Sprint(e.Value)), " ")
	return fmt.Sprintf("internal error (%s): this is a fault of mixconv, not of the model or its input; please report it, with the stack in InternalError.Stack, to github.com/mixconv/mixconv", what)
}

// Format prints the stack behind the message for %+v.
func (e *InternalError) Format(s fmt.State, verb rune) {
	io.WriteString(s, e.Error())
	if verb == 'v' && s.Flag('+') {
		fmt.Fprintf(s, "\n%s", e.Stack)
	}
}
