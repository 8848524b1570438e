package ops

import (
	"fmt"
	"math/bits"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/tensor"
)

// Call is one application of an operator.
type Call struct {
	Op      *Op
	Version int    // the version in force, one of Op.Since
	Attrs   Attrs  // defaults filled in
	In      []Type // as many as the node lists; an absent optional one is Type{}
	Outputs int    // how many the node lists

	// Budget bounds the inference of graphs in attributes; nil means that of loading a
	// model by itself.
	Budget *limit.Budget

	spec *version
	lack []int // inputs whose values inference asked for, and that are not known
}

// NewCall checks attributes, number of inputs and outputs, and element types
// against the operator's definition. It does not change attrs. Something that
// ONNX allows and this program lacks is an errs.UnsupportedError.
func NewCall(op *Op, version int, attrs Attrs, in []Type, outputs int) (*Call, error) {
	spec := op.at(version)
	if spec == nil {
		return nil, fmt.Errorf("version %d of %s, there is %v", version, op, op.Since)
	}
	full, err := spec.checkAttrs(op, attrs)
	if err != nil {
		return nil, err
	}
	c := &Call{Op: op, Version: version, Attrs: full, In: in, Outputs: outputs, spec: spec}
	if err := c.checkCounts(); err != nil {
		return nil, err
	}
	if _, err := c.bind(); err != nil {
		return nil, err
	}
	return c, nil
}

// checkCounts checks that required inputs are there and none is too many.
func (c *Call) checkCounts() error {
	n := c.own()
	for n > 0 && !c.In[n-1].Present() {
		n-- // trailing absent inputs may be left out, if they are optional
	}
	if p := paramAt(c.spec.in, n); p != nil && p.variadic && !p.optional {
		n = c.own()
	}
	for i := 0; i < max(n, len(c.spec.in)); i++ {
		p := paramAt(c.spec.in, i)
		if p == nil {
			return fmt.Errorf("%d inputs, allowed at most %d", n, len(c.spec.in))
		}
		if !p.optional && !c.has(i) {
			return fmt.Errorf("input %d (%s): missing, it is required", i, p.name)
		}
	}
	if c.Outputs < 1 {
		return fmt.Errorf("no outputs, needed at least 1")
	}
	if paramAt(c.spec.out, c.Outputs-1) == nil {
		return fmt.Errorf("%d outputs, allowed at most %d", c.Outputs, len(c.spec.out))
	}
	return nil
}

// bind checks the inputs' element types and returns what each letter of the
// signature stands for.
func (c *Call) bind() (map[string]tensor.DType, error) {
	bound := map[string]tensor.DType{}
	for i, t := range c.In[:c.own()] {
		if !t.Present() {
			continue
		}
		p := paramAt(c.spec.in, i)
		if p == nil {
			return nil, fmt.Errorf("%d inputs, allowed at most %d", c.own(), len(c.spec.in))
		}
		if allowed := c.spec.allowed(p.typ); !allowed.allows(t) {
			return nil, fmt.Errorf("input %d (%s): %s, allowed %s", i, p.name, t.kind(), allowed)
		}
		if p.mixed {
			continue
		}
		if first, ok := bound[p.typ]; ok && first != t.DType {
			return nil, fmt.Errorf("input %d (%s): %s, must be %s as the inputs before it", i, p.name, t.DType, first)
		}
		bound[p.typ] = t.DType
	}
	return bound, nil
}

// Infer returns the outputs' types. Where inputs' dimensions or values are not
// known, neither are the outputs'; with every input's value known, every
// output's shape is, and all that may be wrong with the call has been checked.
// Values are returned for Constant and for Shape of a known shape; folding
// constants is the caller's business.
func (c *Call) Infer() ([]Type, error) {
	bound, err := c.bind()
	if err != nil {
		return nil, err
	}
	for i, t := range c.In {
		if err := checkShape(t); err != nil {
			return nil, fmt.Errorf("input %d: %w", i, err)
		}
	}
	out, err := table[c.Op.Code].infer(c)
	if err != nil {
		return nil, err
	}
	for i := range out {
		p := paramAt(c.spec.out, i)
		if out[i].DType == tensor.Undefined {
			out[i].DType = c.spec.output(p.typ, bound)
		}
		if allowed := c.spec.allowed(p.typ); !allowed.allows(out[i]) {
			return nil, fmt.Errorf("output %d (%s): %s, allowed %s", i, p.name, out[i].kind(), allowed)
		}
		if err := checkShape(out[i]); err != nil {
			return nil, fmt.Errorf("output %d (%s): %w", i, p.name, err)
		}
	}
	return out, nil
}

// output is the element type of an output: that of the inputs of the same
// letter, or the only one that the letter allows.
func (v *version) output(typ string, bound map[string]tensor.DType) tensor.DType {
	if d, ok := bound[typ]; ok {
		return d
	}
	if allowed := v.allowed(typ); bits.OnesCount32(uint32(allowed)) == 1 {
		return tensor.DType(bits.TrailingZeros32(uint32(allowed)))
	}
	return tensor.Undefined
}

// checkShape refuses a shape that overflows. An unknown dimension may be 0.
func checkShape(t Type) error {
	if !t.Present() || t.DType.IsSequence() {
		return nil
	}
	known := make([]int, 0, len(t.Shape))
	for _, d := range t.Shape {
		if d == tensor.Unknown {
			d = 0
		}
		known = append(known, d)
	}
	_, _, err := tensor.Size(t.DType, known)
	return err
}

// has reports whether input i is there.
func (c *Call) has(i int) bool { return i < len(c.In) && c.In[i].Present() }

// input returns input i, Type{} if it is absent.
func (c *Call) input(i int) Type {
	if i < len(c.In) {
		return c.In[i]
	}
	return Type{}
}

// value returns the value of input i, nil if that is absent or not known.
func (c *Call) value(i int) *tensor.Tensor {
	t := c.input(i)
	if t.Present() && t.Value == nil {
		c.lack = append(c.lack, i)
	}
	return t.Value
}

// Lacks lists the inputs whose values Infer asked for, and that are not known:
// with them it might have told more of the outputs' shapes.
func (c *Call) Lacks() []int { return c.lack }

// unsupported is the error for what ONNX allows and this program lacks.
func (o *Op) unsupported(version int, reason string) error {
	return &errs.UnsupportedError{Items: []errs.Unsupported{{Op: o.String(), Version: version, Reason: reason}}}
}

func (c *Call) unsupported(format string, args ...any) error {
	return c.Op.unsupported(c.Version, fmt.Sprintf(format, args...))
}

func quote(s string) string { return errs.Quote(s) }
