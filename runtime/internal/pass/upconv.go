package pass

import (
	"slices"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/tensor"
)

// upconv makes ConvTranspose whose windows lie side by side, as those of U-Net and
// Mask R-CNN, a pointwise Conv of a channel for each place of a window, and
// DepthToSpace.
func upconv(b *limit.Budget, g *graph.Graph) (bool, error) {
	return edit(b, g, func(e *editor, n *graph.Node) ([]*graph.Node, error) {
		if !n.Is(op.ConvTranspose) || !sideBySide(n) {
			return nil, nil
		}
		x, weights := n.In[0], n.In[1].Const()
		channels, size := weights.Shape[1], weights.Shape[2]
		shape := x.Type.Shape.Clone()
		shape[1] = channels * size * size
		deep := &graph.Value{Name: n.Name + "/deep", Type: ops.Type{DType: tensor.Float32, Shape: shape}}
		in := []*graph.Value{x, graph.Constant(n.In[1].Name+"/pointwise", pointwise(weights))}
		if len(n.In) > 2 && n.In[2] != nil {
			bias := slices.Repeat(tensor.Data[float32](n.In[2].Const()), size*size)
			in = append(in, graph.Constant(n.In[2].Name+"/pointwise", tensor.Of(bias, len(bias))))
		}
		return []*graph.Node{
			graph.NewNode(n.Name+"/Conv", op.Conv, ops.Attrs{}, in, []*graph.Value{deep}),
			graph.NewNode(n.Name, op.DepthToSpace, ops.Attrs{"blocksize": int64(size)}, []*graph.Value{deep}, n.Out),
		}, nil
	})
}

// sideBySide reports whether every place of n's result is made of one place of its
// input, n is in float32 and its weights and bias are known.
func sideBySide(n *graph.Node) bool {
	call, err := n.Call()
	if err != nil {
		return false
	}
	shape := n.In[1].Type.Shape // [in,out/group,height,width]
	if !n.In[1].Known() || len(shape) != 4 || shape.Elements() == 0 || shape[2] != shape[3] || len(n.In[0].Type.Shape) != 4 ||
		n.In[0].Type.DType != tensor.Float32 || len(n.In) > 2 && n.In[2] != nil && !n.In[2].Known() {
		return false
	}
	for name, want := range map[string]int64{"strides": int64(shape[2]), "dilations": 1, "pads": 0, "output_padding": 0} {
		list := call.Attrs.Ints(name)
		if slices.ContainsFunc(list, func(v int64) bool { return v != want }) || len(list) == 0 && name == "strides" && want != 1 {
			return false
		}
	}
	auto := call.Attrs.String("auto_pad", "NOTSET")
	return call.Attrs.Int("group", 1) == 1 && !call.Attrs.Has("output_shape") && (auto == "NOTSET" || auto == "VALID")
}

// pointwise are weights [in,out,size,size] as those of a pointwise Conv whose
// channels are the window's places, row by row, each of all of out.
func pointwise(weights *tensor.Tensor) *tensor.Tensor {
	s := weights.Shape
	in, out, places := s[0], s[1], s[2]*s[3]
	t := tensor.New(tensor.Float32, places*out, in, 1, 1)
	from, to := tensor.Data[float32](weights), tensor.Data[float32](t)
	for c := range in {
		for m := range out {
			for place := range places {
				to[(place*out+m)*in+c] = from[(c*out+m)*places+place]
			}
		}
	}
	return t
}
