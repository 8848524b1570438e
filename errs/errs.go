package errs

import (
	"fmt"
	"strings"
)

// FormatError says that a file, or a part of it, is not what its format
// allows. Fields that do not apply are left at their zero value, Offset at -1.
type FormatError struct {
	File   string // path or name as the caller gave it
	Offset int64  // byte offset in File, or -1
	Field  string // path of the field: `graph.node[3] "conv1" attribute pads`
	Msg    string // what was found, what is allowed
	Err    error  // the cause, if another error is
}

// Format returns a FormatError without an offset. It is one line, even if the cause that it
// wraps is more.
func Format(field, format string, args ...any) *FormatError {
	e := fmt.Errorf(format, args...)
	return &FormatError{Offset: -1, Field: field, Msg: strings.ReplaceAll(e.Error(), "\n", "; "), Err: unwrap(e)}
}

// FormatAt returns a FormatError at a byte offset.
func FormatAt(offset int64, field, format string, args ...any) *FormatError {
	e := Format(field, format, args...)
	e.Offset = offset
	return e
}

// InFile returns err with File set where err is one of this package's errors
// that names no file yet; any other error is wrapped with the file in front.
// Without a name (a model made in memory) err stays as it is.
func InFile(file string, err error) error {
	if file == "" {
		return err
	}
	switch e := err.(type) {
	case nil:
		return nil
	case *FormatError:
		if e.File != "" {
			return e
		}
		c := *e
		c.File = file
		return &c
	case *UnsupportedError:
		if e.File != "" {
			return e
		}
		c := *e
		c.File = file
		return &c
	}
	return fmt.Errorf("%s: %w", Quote(file), err)
}

func (e *FormatError) Error() string {
	var parts []string
	if e.File != "" {
		parts = append(parts, Quote(e.File))
	}
	if e.Offset >= 0 {
		parts = append(parts, fmt.Sprintf("offset %#x", e.Offset))
	}
	if e.Field != "" {
		parts = append(parts, e.Field)
	}
	return strings.Join(append(parts, e.Msg), ": ")
}

func (e *FormatError) Unwrap() error { return e.Err }

// Unsupported is one thing that a file asks for and this program lacks.
type Unsupported struct {
	Node    string // node name or tensor name, "" for the whole file
	Op      string // operator type, with its domain in front unless it is ai.onnx
	Version int    // the opset the file asks for, 0 where none applies
	Reason  string // what is missing, what is supported
}

func (u Unsupported) String() string {
	var b strings.Builder
	if u.Op != "" {
		b.WriteString(u.Op)
		if u.Version != 0 {
			fmt.Fprintf(&b, "-%d", u.Version)
		}
		b.WriteString(" ")
	}
	if u.Node != "" {
		b.WriteString(Quote(u.Node) + " ")
	}
	if b.Len() > 0 {
		return strings.TrimSpace(b.String()) + ": " + u.Reason
	}
	return u.Reason
}

// UnsupportedError lists everything unsupported in one file at once.
type UnsupportedError struct {
	File  string
	Items []Unsupported
}

func (e *UnsupportedError) Error() string {
	const most = 8
	parts := make([]string, 0, most+1)
	for i, u := range e.Items {
		if i == most {
			parts = append(parts, fmt.Sprintf("and %d more", len(e.Items)-most))
			break
		}
		parts = append(parts, u.String())
	}
	msg := "unsupported: " + strings.Join(parts, "; ")
	if e.File != "" {
		return Quote(e.File) + ": " + msg
	}
	return msg
}

// Quote returns a name from a file or a command line as it may stand in a
// message: escaped, with quotes only where it is not plain, and cut at 200
// bytes.
func Quote(name string) string {
	const most = 200
	cut := ""
	if len(name) > most {
		name, cut = name[:most], "…"
	}
	q := fmt.Sprintf("%q", name)
	if q == `"`+name+`"` && name != "" && !strings.ContainsAny(name, " :") {
		return name + cut
	}
	return q + cut
}

func unwrap(e error) error {
	if u, ok := e.(interface{ Unwrap() error }); ok {
		return u.Unwrap()
	}
	return nil
}
