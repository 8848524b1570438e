package refs

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mixconv/mixconv/ops"
)

// TestSchemas: the registry is what the onnx package says of its operators.
func TestSchemas(t *testing.T) {
	var names []string
	for _, op := range ops.All() {
		names = append(names, op.Name)
	}
	want := string(python(t, nil, "schemas.py", names...))
	got, err := os.ReadFile("../../ops/schemas.txt")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("ops/schemas.txt differs from ONNX (-onnx +ours):\n%s", diff)
	}
}
