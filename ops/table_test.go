package ops

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// TestSchemas compares the registry with ONNX's own operator schemas (onnx
// 1.23.2), of which testdata/schemas.txt has one line for every version in
// force at some opset from MinOpset to MaxOpset: name, since, signature,
// attributes, element types of tensors.
func TestSchemas(t *testing.T) {
	data, err := os.ReadFile("testdata/schemas.txt")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, op := range All() {
		for i := range op.versions {
			got = append(got, schema(op, &op.versions[i]))
		}
	}
	want := strings.Split(strings.TrimSpace(string(data)), "\n")
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("the registry differs from ONNX (-onnx +ours):\n%s", diff)
	}
}

func schema(op *Op, v *version) string {
	var attrs, letters []string
	for _, a := range slices.SortedFunc(slices.Values(v.attrs), func(a, b AttrSpec) int { return cmp.Compare(a.Name, b.Name) }) {
		attrs = append(attrs, attrSchema(a))
	}
	for _, letter := range slices.Sorted(maps.Keys(v.types)) {
		if strings.Contains(v.sig+" ", ":"+letter+" ") {
			letters = append(letters, letter+"="+strings.ReplaceAll(v.types[letter].String(), " ", ""))
		}
	}
	sig := v.sig
	if len(v.in) == 0 {
		sig = " " + sig
	}
	return fmt.Sprintf("%s %d | %s | %s | %s", op.Name, v.since, sig, strings.Join(attrs, ", "), strings.Join(letters, "; "))
}

func attrSchema(a AttrSpec) string {
	s := a.Name + " " + a.Kind.String()
	switch d := a.Default.(type) {
	case nil:
	case float32:
		return s + "=" + strconv.FormatFloat(float64(d), 'f', -1, 32)
	default:
		return s + "=" + fmt.Sprint(d)
	}
	if a.Required {
		s += " required"
	}
	return s
}
