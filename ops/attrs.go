package ops

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/tensor"
)

// Attrs holds attributes by name: int64, float32, string, *tensor.Tensor,
// []int64, []float32, []string, Body or Type.
type Attrs map[string]any

// value returns a[name] if it is a T, else def.
func value[T any](a Attrs, name string, def T) T {
	if v, ok := a[name].(T); ok {
		return v
	}
	return def
}

// Int returns an int attribute, or def if there is none.
func (a Attrs) Int(name string, def int64) int64 { return value(a, name, def) }

// Float returns a float attribute, or def if there is none.
func (a Attrs) Float(name string, def float32) float32 { return value(a, name, def) }

// String returns a string attribute, or def if there is none.
func (a Attrs) String(name, def string) string { return value(a, name, def) }

// Tensor returns a tensor attribute, or nil.
func (a Attrs) Tensor(name string) *tensor.Tensor { return value[*tensor.Tensor](a, name, nil) }

// Ints returns an ints attribute, or nil.
func (a Attrs) Ints(name string) []int64 { return value[[]int64](a, name, nil) }

// Floats returns a floats attribute, or nil.
func (a Attrs) Floats(name string) []float32 { return value[[]float32](a, name, nil) }

// Strings returns a strings attribute, or nil.
func (a Attrs) Strings(name string) []string { return value[[]string](a, name, nil) }

// Has reports whether there is such an attribute.
func (a Attrs) Has(name string) bool { return a[name] != nil }

// kindOf is the type of an attribute's value; ok is false for a Go type that
// Attrs does not hold.
func kindOf(v any) (kind AttrKind, ok bool) {
	switch v := v.(type) {
	case int64:
		return Int, true
	case float32:
		return Float, true
	case string:
		return String, true
	case *tensor.Tensor:
		return Tensor, v != nil
	case []int64:
		return Ints, true
	case []float32:
		return Floats, true
	case []string:
		return Strings, true
	case Body:
		return Graph, true
	case Type:
		return TypeProto, true
	}
	return 0, false
}

// checkAttrs returns attrs with the version's defaults filled in. It leaves out those
// whose names begin with __: notes of tools, which ONNX's checker lets pass.
func (v *version) checkAttrs(op *Op, attrs Attrs) (Attrs, error) {
	full := make(Attrs, len(v.attrs))
	for name, value := range attrs {
		if strings.HasPrefix(name, "__") {
			continue
		}
		if v.checkAttr(op, name, value) != nil {
			return nil, v.firstWrong(op, attrs)
		}
		full[name] = value
	}
	for _, spec := range v.attrs {
		switch {
		case full[spec.Name] != nil:
		case spec.Required:
			return nil, fmt.Errorf("attribute %s: missing, it is required", spec.Name)
		case spec.Default != nil:
			full[spec.Name] = spec.Default
		}
	}
	return full, nil
}

// firstWrong is the error of the first wrong attribute by name.
func (v *version) firstWrong(op *Op, attrs Attrs) error {
	for _, name := range slices.Sorted(maps.Keys(attrs)) {
		if err := v.checkAttr(op, name, attrs[name]); err != nil && !strings.HasPrefix(name, "__") {
			return err
		}
	}
	return nil
}

func (v *version) checkAttr(op *Op, name string, value any) error {
	i := slices.IndexFunc(v.attrs, func(s AttrSpec) bool { return s.Name == name })
	if i < 0 {
		return fmt.Errorf("attribute %s: unknown, %s", quote(name), v.attrNames())
	}
	if v.attrs[i].Kind == SparseTensor {
		return op.unsupported(v.since, "attribute "+name)
	}
	if kind, ok := kindOf(value); !ok || kind != v.attrs[i].Kind {
		return fmt.Errorf("attribute %s: %s, must be of type %s", name, describe(value), v.attrs[i].Kind)
	}
	return nil
}

func (v *version) attrNames() string {
	if len(v.attrs) == 0 {
		return "the operator has none"
	}
	names := make([]string, len(v.attrs))
	for i, s := range v.attrs {
		names[i] = s.Name
	}
	return "allowed " + strings.Join(names, ", ")
}

func describe(v any) string {
	kind, ok := kindOf(v)
	if !ok {
		return fmt.Sprintf("a %T", v)
	}
	switch v := v.(type) {
	case int64, float32:
		return fmt.Sprintf("%s %v", kind, v)
	case string:
		return "string " + quote(v)
	}
	return kind.String()
}
