package ops

import (
	"maps"
	"slices"
	"strings"
)

// version is a row of an operator's history. A field left out is as in the
// version before; types are replaced letter by letter.
type version struct {
	since int
	sig   string // inputs and outputs, see parseSignature
	types types  // what the letters of sig stand for
	attrs []AttrSpec

	in, out []param // sig, parsed
}

// types says which element types a letter in a signature may stand for. All
// parameters of one letter have the same type.
type types map[string]dtypes

// param is one input or output.
type param struct {
	name     string
	typ      string // a letter of types, or an element type's own name
	optional bool
	variadic bool // one or more; the last parameter only
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
)

func (k AttrKind) String() string {
	return [...]string{"int", "float", "string", "tensor", "ints", "floats", "strings", "sparse_tensor"}[k]
}

// AttrSpec describes one attribute.
type AttrSpec struct {
	Name     string
	Kind     AttrKind
	Required bool
	Default  any // as Attrs holds it; nil: none
}

func attr(name string, kind AttrKind) AttrSpec { return AttrSpec{Name: name, Kind: kind} }
func required(name string, kind AttrKind) AttrSpec {
	return AttrSpec{Name: name, Kind: kind, Required: true}
}
func intAttr(name string, def int64) AttrSpec { return AttrSpec{Name: name, Kind: Int, Default: def} }
func floatAttr(name string, def float32) AttrSpec {
	return AttrSpec{Name: name, Kind: Float, Default: def}
}
func stringAttr(name string, def string) AttrSpec {
	return AttrSpec{Name: name, Kind: String, Default: def}
}

// none is the attribute list of a version that lost those it had.
var none = []AttrSpec{}

// resolve fills in what each version inherits from the one before.
func (o Op) resolve() *Op {
	o.versions = slices.Clone(o.versions)
	o.Since = nil
	for i := range o.versions {
		v := &o.versions[i]
		if i > 0 {
			last := o.versions[i-1]
			merged := maps.Clone(last.types)
			maps.Copy(merged, v.types)
			v.types = merged
			if v.sig == "" {
				v.sig = last.sig
			}
			if v.attrs == nil {
				v.attrs = last.attrs
			}
		}
		v.in, v.out = parseSignature(v.sig)
		o.Since = append(o.Since, v.since)
	}
	return &o
}

// parseSignature reads "X:T B?:T rest...:T -> Y:T": inputs, then outputs,
// each a name with ? if it may be absent or ... if it repeats, and its type.
func parseSignature(sig string) (in, out []param) {
	before, after, _ := strings.Cut(sig, "->")
	return parseParams(before), parseParams(after)
}

func parseParams(list string) []param {
	var params []param
	for _, field := range strings.Fields(list) {
		var p param
		p.name, p.typ, _ = strings.Cut(field, ":")
		p.name, p.optional = strings.CutSuffix(p.name, "?")
		p.name, p.variadic = strings.CutSuffix(p.name, "...")
		params = append(params, p)
	}
	return params
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
