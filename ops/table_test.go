package ops

import (
	"maps"
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
		op, err := parseOperator(lines)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
		if op.Name != name || strings.Count(lines, "\n") != len(op.versions) {
			t.Errorf("%s: the lines of %s", name, op)
		}
		if !slices.IsSorted(op.Since) {
			t.Errorf("%s: versions %v", op, op.Since)
		}
	}
	if rows := slices.Sorted(maps.Keys(inference)); !slices.Equal(rows, names) {
		t.Errorf("inference has %v\nschemas.txt %v", rows, names)
	}
}
