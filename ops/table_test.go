package ops

import (
	"github.com/mixconv/mixconv/ops/op"
	"slices"
	"strings"
	"testing"
)

// TestTable: the schemas can be read, and what can be looked up can be
// inferred. The schemas themselves are compared with the onnx package in
// test/refs.
func TestTable(t *testing.T) {
	var names []string
	for name, lines := range cutSchemas(schemas) {
		o, err := parseOperator(lines)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
		if o.Name != name || strings.Count(lines, "\n") != len(o.versions) {
			t.Errorf("%s: the lines of %s", name, o)
		}
		if !slices.IsSorted(o.Since) {
			t.Errorf("%s: versions %v", o, o.Since)
		}
	}
	if len(names) != op.Count-2 { // codes 0 and MDConv have no schema
		t.Errorf("%d schemas, %d codes", len(names), op.Count)
	}
	for c := op.Code(1); c < op.Count; c++ {
		if o, _ := Latest(c); o.Code != c || o.Name != c.String() || c != op.MDConv && names[c-1] != c.String() {
			t.Errorf("code %d: %s, its schema is of %s: go generate ./ops/op", c, c, o)
		}
		if table[c].infer == nil {
			t.Errorf("%s has no row", c)
		}
	}
}
