package ops

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/tensor"
)

// The opsets of ai.onnx whose operators are known here.
const (
	MinOpset = 1
	MaxOpset = 28
)

// Op is an operator in all its versions.
type Op struct {
	Domain string // "" is ai.onnx
	Name   string
	Code   op.Code // 0: of another domain
	Since  []int   // the opsets that introduced a version, ascending

	versions []version
}

// Type is what is known of a value before it is computed.
type Type struct {
	DType tensor.DType   // Undefined: an optional input that is absent
	Shape tensor.Shape   // nil: rank unknown, or a sequence; dimensions may be tensor.Unknown
	Value *tensor.Tensor // the value itself where it is known, else nil

	Optional bool // ONNX's optional(…): whether there is a value only a run tells
}

// Dense reports whether t is of one tensor that is there.
func (t Type) Dense() bool { return !t.Optional && !t.DType.IsSequence() }

// kind is what t is for an error.
func (t Type) kind() string {
	if t.Optional {
		return "optional " + t.DType.String()
	}
	return t.DType.String()
}

// TypeOf is the type of a known value.
func TypeOf(t *tensor.Tensor) Type {
	if t == nil {
		return Type{}
	}
	if t.DType.IsSequence() {
		return Type{DType: t.DType, Value: t}
	}
	return Type{DType: t.DType, Shape: append(tensor.Shape{}, t.Shape...), Value: t}
}

// Present reports whether there is such an input at all.
func (t Type) Present() bool { return t.DType != tensor.Undefined }

// Lookup finds the operator and the version of it that an opset of its domain
// means. The error says what is supported.
func Lookup(domain, name string, opset int) (*Op, int, error) {
	if domain == "ai.onnx" {
		domain = ""
	}
	if domain == "" && (opset < MinOpset || opset > MaxOpset) {
		return nil, 0, fmt.Errorf("opset %d, supported %d to %d", opset, MinOpset, MaxOpset)
	}
	read := registry()[name]
	if domain != "" || read == nil {
		return nil, 0, fmt.Errorf("the operator is not implemented")
	}
	o := read()
	at, found := slices.BinarySearch(o.Since, opset)
	if !found {
		at--
	}
	if at < 0 {
		return nil, 0, fmt.Errorf("opset %d, the operator exists from opset %d", opset, o.Since[0])
	}
	return o, o.Since[at], nil
}

// Latest is the operator of a code, and its last version.
func Latest(c op.Code) (*Op, int) {
	o := MDConv
	if c != op.MDConv {
		o = registry()[c.String()]()
	}
	return o, o.Since[len(o.Since)-1]
}

// All returns the operators that Lookup finds, sorted by name.
func All() []*Op {
	all := make([]*Op, 0, len(registry()))
	for _, read := range registry() {
		all = append(all, read())
	}
	slices.SortFunc(all, func(a, b *Op) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// String is the operator's name, with its domain in front unless it is ai.onnx.
func (o *Op) String() string {
	if o.Domain == "" {
		return o.Name
	}
	return o.Domain + "." + o.Name
}

// Attrs lists the attributes of one of o's versions; nil if there is no such
// version.
func (o *Op) Attrs(version int) []AttrSpec {
	if v := o.at(version); v != nil {
		return slices.Clone(v.attrs)
	}
	return nil
}

// registry has every operator of schemas.txt by name. A model has few of them:
// each is read when it is asked for. A line that cannot be read, or an operator
// without inference, is a mistake in this package.
var registry = sync.OnceValue(func() map[string]func() *Op {
	m := make(map[string]func() *Op, op.Count)
	for name, lines := range cutSchemas(schemas) {
		code := op.Code(len(m) + 1) // codes are generated in the order of the schemas
		m[name] = sync.OnceValue(func() *Op {
			o, err := parseOperator(lines)
			if err != nil {
				panic("ops: schemas.txt: " + err.Error())
			}
			o.Code = code
			return o
		})
	}
	return m
})
