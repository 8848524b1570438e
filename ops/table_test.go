package ops

import (
	"maps"
	"slices"
	"testing"
)

// TestTable: the schemas can be read, and what can be looked up can be
// inferred. The schemas themselves are compared with the onnx package in
// test/refs.
func TestTable(t *testing.T) {
	list, err := parseSchemas(schemas)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, op := range list {
		names = append(names, op.Name)
		if !slices.IsSorted(op.Since) {
			t.Errorf("%s: versions %v", op, op.Since)
		}
	}
	if rows := slices.Sorted(maps.Keys(inference)); !slices.Equal(rows, names) {
		t.Errorf("inference has %v\nschemas.txt %v", rows, names)
	}
}
