package cut_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/onnx/internal/cut"
	"google.golang.org/protobuf/encoding/protowire"
)

// field is one length-delimited field.
func field(num protowire.Number, body string) string {
	return string(protowire.AppendString(protowire.AppendTag(nil, num, protowire.BytesType), body))
}

// fields lists the contents of the fields of that number.
func fields(t *testing.T, message string, want protowire.Number) (contents []string) {
	t.Helper()
	for len(message) > 0 {
		num, typ, n := protowire.ConsumeTag([]byte(message))
		if n < 0 || typ != protowire.BytesType {
			t.Fatalf("field %d of type %d in %x", num, typ, message)
		}
		body, m := protowire.ConsumeString([]byte(message)[n:])
		if m < 0 {
			t.Fatalf("field %d is cut off in %x", num, message)
		}
		if num == want {
			contents = append(contents, body)
		}
		message = message[n+m:]
	}
	return contents
}

// TestCopy: what is large is left out and found again in the file; all else is there,
// what is longer than a window too.
func TestCopy(t *testing.T) {
	const large = "0123456789"
	prose := strings.Repeat("prose ", 5000)
	model := field(2, prose) + field(7, field(5, field(8, "a")+field(9, large))+field(5, field(9, "small"))+field(5, field(9, large)+field(8, "c")))
	out, pieces, err := cut.Copy([]byte("before"), bytes.NewReader([]byte(model)), int64(len(model)), int64(len(large)))
	if err != nil {
		t.Fatal(err)
	}
	rest, ok := strings.CutPrefix(string(out), "before")
	if !ok || fields(t, rest, 2)[0] != prose {
		t.Errorf("copied %d bytes of %d", len(out), len(model))
	}
	tensors := fields(t, fields(t, rest, 7)[0], 5)
	if len(tensors) != 3 || tensors[0] != field(8, "a") || tensors[1] != field(9, "small") || tensors[2] != field(8, "c") {
		t.Errorf("tensors %q", tensors)
	}
	if len(pieces) != 2 {
		t.Errorf("pieces %v", pieces)
	}
	for _, tensor := range []int{0, 2} {
		if p := pieces[tensor]; p.Bytes != int64(len(large)) || model[p.Offset:][:p.Bytes] != large {
			t.Errorf("tensor %d: %v", tensor, p)
		}
	}
}

// TestUncut: of what is malformed, or has elements twice, nothing is made.
func TestUncut(t *testing.T) {
	for name, model := range map[string]string{
		"elements twice":  field(7, field(5, field(9, "01234")+field(9, "01234"))),
		"length too long": "\x3a\x05\x2a",
		"cut off":         "\x3a",
		"a group":         "\x3b\x3c",
		"no tag":          "\x00\x00",
	} {
		if _, _, err := cut.Copy(nil, strings.NewReader(model), int64(len(model)), 4); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
