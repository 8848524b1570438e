package errs

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func divide(a, b int) (q int, err error) {
	defer Recover(&err)
	return a / b, nil
}

func TestInternal(t *testing.T) {
	if q, err := divide(6, 3); q != 2 || err != nil {
		t.Errorf("%d, %v", q, err)
	}
	_, err := divide(1, 0)
	err = InFile("m.onnx", fmt.Errorf("node %q: %w", "conv1", err))
	const want = `m.onnx: node "conv1": internal error (runtime error: integer divide by zero): this is a fault of mixconv`
	if !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v", err)
	}
	var internal *InternalError
	if !errors.As(err, &internal) || !strings.Contains(string(internal.Stack), "divide") {
		t.Fatalf("%#v", err)
	}
	if text := fmt.Sprintf("%+v", internal); !strings.HasPrefix(text, "internal error") || !strings.Contains(text, "divide(") {
		t.Errorf("%s", text)
	}
	if text := fmt.Sprintf("%v", Internal(errors.New("two\nlines"))); strings.Contains(text, "\n") {
		t.Errorf("%q", text)
	}
	if n := testing.AllocsPerRun(100, func() { divide(6, 3) }); n != 0 {
		t.Errorf("%v allocations where nothing panics", n)
	}
}
