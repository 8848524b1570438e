package runtime

import (
	"slices"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/tensor"
)

// Layer is a node of a model, functions other than MDConv inlined.
type Layer struct {
	Name    string
	Op      string
	In      []string     // values that it reads, constants left out
	Out     []string     // values that it makes
	DType   tensor.DType // of the first result
	Shape   tensor.Shape // of the first result; tensor.Unknown where only a run tells, nil: rank unknown
	Windows []Window     // of a convolution or pool, of an MDConv one for each kernel size; nil of others, or where shapes are not known
	Params  int64        // stored floating-point weights; what several layers read counts for the first
	MACs    int64        // multiply-adds, padding taps included; 0 if a shape is unknown
	Bytes   int64        // of all results; 0 if a shape is unknown

	// Field is the receptive field of a result's element in the input, for each spatial
	// dimension; padding is part of it, so it may exceed the input. Results that are
	// multiplied into all places, as the gates of squeeze-and-excitation, do not count.
	// nil: the whole input, if Whole is set, or not known.
	Field []int
	Whole bool
}

// Window is what a convolution or pool looks at.
type Window struct {
	Kernel, Stride, Dilation []int
	Group                    int // 1 of pools
	In, Out                  int // channels
}

// Layers lists a model's nodes in the order in which they run. Dimensions that neither
// shapes nor the model tell are open, but for the first, which is 1. Of the options,
// limits and context count. A model with unsupported operators is an
// *errs.UnsupportedError.
func Layers(m *onnx.Model, shapes Shapes, o Options) ([]Layer, error) {
	b := limit.NewLoad(o.Context, o.Limits)
	g, err := graph.Build(b, m)
	if err != nil {
		return nil, err
	}
	named := map[string]tensor.Shape{}
	for _, v := range g.Inputs {
		shape := v.Type.Shape.Clone()
		if given, ok := shapes[v.Name]; ok {
			shape = given
		} else if len(shape) > 0 && shape[0] == tensor.Unknown {
			shape[0] = 1
		}
		if shape != nil {
			named[v.Name] = shape
		}
	}
	for name := range shapes {
		if !slices.ContainsFunc(g.Inputs, func(v *graph.Value) bool { return v.Name == name }) {
			return nil, unknownShape(name, g)
		}
	}
	if err := g.Infer(b, named); err != nil {
		return nil, err
	}
	l := layering{fields: map[*graph.Value]field{}, counted: map[any]bool{}}
	for _, v := range g.Inputs {
		l.fields[v] = inputField(v.Type.Shape)
	}
	list := make([]Layer, 0, len(g.Nodes))
	for _, n := range g.Nodes {
		list = append(list, l.layer(n))
	}
	return list, nil
}

type layering struct {
	fields  map[*graph.Value]field
	counted map[any]bool // constants
}

func (l *layering) layer(n *graph.Node) Layer {
	layer := Layer{Name: n.Name, Op: n.Op.Name}
	for _, v := range n.In {
		switch {
		case v == nil:
		case v.Known():
			layer.Params += l.params(v)
		default:
			layer.In = append(layer.In, v.Name)
		}
	}
	known := true
	for _, v := range n.Out {
		if v == nil {
			continue
		}
		layer.Out = append(layer.Out, v.Name)
		_, bytes, err := tensor.Size(v.Type.DType, v.Type.Shape)
		if known = known && v.Type.Shape.Known() && err == nil; known {
			layer.Bytes += bytes
		}
	}
	if !known {
		layer.Bytes = 0
	}
	if len(n.Out) > 0 && n.Out[0] != nil {
		layer.DType, layer.Shape = n.Out[0].Type.DType, n.Out[0].Type.Shape
	}
	if call, err := n.Call(); err == nil {
		layer.MACs = ops.MACs(call)
		layer.Windows = windows(call)
	}
	f := l.field(n, layer.Windows)
	for _, v := range n.Out {
		if v != nil {
			l.fields[v] = f
		}
	}
	layer.Field, layer.Whole = f.size, f.whole
	return layer
}

// params counts a constant's floats, once.
func (l *layering) params(v *graph.Value) int64 {
	source := v.Source()
	if l.counted[source] || !slices.Contains(floatTypes, v.Type.DType) {
		return 0
	}
	l.counted[source] = true
	n, _, err := tensor.Size(v.Type.DType, v.Type.Shape)
	if err != nil {
		return 0
	}
	return n
}

// windows are those of a convolution or pool whose shapes are known.
func windows(c *ops.Call) []Window {
	var list []ops.Conv
	in, out := 0, 0
	switch {
	case c.Op == ops.MDConv:
		if m, err := ops.MDConvOf(c); err == nil {
			list = m.Groups
		}
	case c.Op.Code == op.Conv:
		if g, err := ops.ConvOf(c); err == nil {
			list, in, out = []ops.Conv{g}, c.In[0].Shape[1], g.Out[1]
		}
	case c.Op.Code == op.MaxPool || c.Op.Code == op.AveragePool:
		if g, err := ops.PoolOf(c); err == nil {
			g.Group = 1
			list, in, out = []ops.Conv{g}, c.In[0].Shape[1], c.In[0].Shape[1]
		}
	}
	var found []Window
	for i, g := range list {
		w := Window{g.Kernel, g.Stride, g.Dilation, g.Group, in, out}
		if c.Op == ops.MDConv {
			w.In, w.Out = list[i].Out[1], list[i].Out[1]
		}
		found = append(found, w)
	}
	return found
}
