package runtime

import (
	"errors"
	"maps"
	"slices"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/tensor"
)

// Summary is what can be said of a model without running it.
type Summary struct {
	Params      int64              // stored floating-point weights, those of Constant nodes, bodies and functions too, each once
	MACs        int64              // multiply-adds of convolutions and matrix products for a batch of one, padding taps included; 0 if a shape is unknown
	Ops         map[string]int     // nodes by operator, functions other than MDConv inlined
	MDConv      int                // fused nodes
	Unsupported []errs.Unsupported // everything that New would refuse
	Inputs      []Value
	Outputs     []Value
	Defaults    []Value // inputs that an initializer gives a value: a caller may give another
}

// Survey summarises a model. A model with unsupported operators is summarised
// as far as it goes; a broken one is an error. Of the options, limits and context count.
func Survey(m *onnx.Model, o Options) (*Summary, error) {
	s := &Summary{Ops: map[string]int{}, Params: storedFloats(m)}
	b := limit.NewLoad(o.Context, o.Limits)
	g, err := graph.Build(b, m)
	var unsupported *errs.UnsupportedError
	switch {
	case errors.As(err, &unsupported):
		s.Unsupported = unsupported.Items
		for _, n := range m.Proto.GetGraph().GetNode() {
			s.Ops[n.GetOpType()]++
		}
		return s, nil
	case err != nil:
		return nil, err
	}
	s.Inputs, s.Outputs, s.Defaults = inputs(m, g), outputs(m, g), defaults(m, g)
	s.count(b, g)
	return s, nil
}

// floatTypes are those of weights.
var floatTypes = []tensor.DType{tensor.Float32, tensor.Float64, tensor.Float16, tensor.BFloat16}

func storedFloats(m *onnx.Model) int64 {
	var total int64
	for t := range m.Weights() {
		if n, _, err := tensor.Size(tensor.DType(t.GetDataType()), t.GetDims()); err == nil && slices.Contains(floatTypes, tensor.DType(t.GetDataType())) {
			total += n
		}
	}
	return total
}

func (s *Summary) count(b *limit.Budget, g *graph.Graph) {
	for _, n := range g.Nodes {
		s.Ops[n.Op.Name]++
		if n.Op == ops.MDConv {
			s.MDConv++
		}
	}
	one, err := g.Clone(b)
	if err != nil {
		return
	}
	shapes := map[string]tensor.Shape{}
	for _, v := range one.Inputs {
		shape := v.Type.Shape.Clone()
		if len(shape) > 0 && shape[0] == tensor.Unknown {
			shape[0] = 1
		}
		if !shape.Known() {
			return
		}
		shapes[v.Name] = shape
	}
	if err := one.Infer(b, shapes); err != nil {
		return
	}
	for _, n := range one.Nodes {
		call, err := n.Call()
		if err != nil {
			return
		}
		s.MACs += ops.MACs(call)
	}
}

// OpNames lists the operators of s in alphabetical order.
func (s *Summary) OpNames() []string { return slices.Sorted(maps.Keys(s.Ops)) }

// Rewritten lists the operators beside those of package ops that a model may
// have: loading it turns them into those.
func Rewritten() []*ops.Op { return graph.Rewritten() }
