package ops

import (
	"slices"
)

// version is one row of an operator's history.
type version struct {
	since   int
	in, out []param
	attrs   []AttrSpec
	types   types
}

// types says which element types a letter in a signature may stand for. All
// parameters of one letter have the same type.
type types map[string]dtypes

// param is one input or output.
type param struct {
	name     string
	typ      string // a letter of types, or an element type's own name
	optional bool
	variadic bool // repeats; the last parameter only
	mixed    bool // variadic, and each of a type of its own
}

// AttrKind is the type of an attribute.
type AttrKind uint8

// The attribute types, and the Go types that Attrs holds them in.
const (
	Int          AttrKind = iota // int64
	Float                        // float32
	String                       // string
	Tensor                       // *tensor.Tensor
	Ints                         // []int64
	Floats                       // []float32
	Strings                      // []string
	SparseTensor                 // not supported
	Graph                        // Body
	TypeProto                    // Type
)

var attrKinds = [...]string{"int", "float", "string", "tensor", "ints", "floats", "strings", "sparse_tensor", "graph", "type_proto"}

func (k AttrKind) String() string { return attrKinds[k] }

// AttrSpec describes one attribute.
type AttrSpec struct {
	Name     string
	Kind     AttrKind
	Required bool
	Default  any // as Attrs holds it; nil: none
}

// at returns the version introduced at opset since, or nil.
func (o *Op) at(since int) *version {
	i := slices.Index(o.Since, since)
	if i < 0 {
		return nil
	}
	return &o.versions[i]
}

// paramAt returns the parameter that position i belongs to, or nil beyond the
// last.
func paramAt(params []param, i int) *param {
	if i < len(params) {
		return &params[i]
	}
	if n := len(params); n > 0 && params[n-1].variadic {
		return &params[n-1]
	}
	return nil
}
