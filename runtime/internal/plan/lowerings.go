package plan

import (
	"slices"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/eval"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/tensor"
)

// lowering says how the planned engine runs an operator itself.
type lowering struct {
	lower  func(*planner, *graph.Node) error
	stored storage
}

// storage says how an operator's tensors lie in memory.
type storage uint8

const (
	pictures storage = 1 << iota // the first input and the results are channels last, if of rank 4
	asInputs                     // results lie best as the inputs do; so do those of every element-wise operator
	view                         // a result lies in the first input's buffer
)

// lowerings has one row per operator that the planned engine runs itself;
// mapped does the other functions of one variable.
var lowerings = [op.Count]lowering{
	op.Conv: {(*planner).conv, pictures}, op.MDConv: {(*planner).mixed, pictures},
	op.Gemm: {(*planner).gemm, 0}, op.MatMul: {(*planner).matMul, 0},

	op.GlobalAveragePool: {(*planner).globalPool, pictures}, op.ReduceMean: {(*planner).reduceMean, 0}, op.ReduceSum: {(*planner).reduceSum, 0},
	op.MaxPool: {(*planner).windowPool, pictures}, op.AveragePool: {(*planner).windowPool, pictures},
	op.Resize: {(*planner).resize, pictures}, op.Upsample: {(*planner).resize, pictures},

	op.Relu: {(*planner).unary, 0}, op.LeakyRelu: {(*planner).unary, 0}, op.Round: {(*planner).unary, 0}, op.Clip: {(*planner).unary, 0},
	op.Sigmoid: {(*planner).unary, 0}, op.Swish: {(*planner).unary, 0}, op.HardSigmoid: {(*planner).unary, 0}, op.HardSwish: {(*planner).unary, 0},
	op.Tanh: {(*planner).unary, 0}, op.Erf: {(*planner).unary, 0}, op.Gelu: {(*planner).unary, 0},
	op.Add: {(*planner).binary, 0}, op.Sub: {(*planner).binary, 0}, op.Mul: {(*planner).binary, 0}, op.Div: {(*planner).binary, 0}, op.PRelu: {(*planner).binary, 0},

	op.LayerNormalization: {(*planner).layerNorm, 0}, op.InstanceNormalization: {(*planner).instanceNorm, 0},
	op.GroupNormalization: {(*planner).groupNorm, asInputs}, op.BatchNormalization: {nil, pictures}, // the latter only where passes left it
	op.Softmax: {(*planner).softmax, 0},

	op.DepthToSpace: {(*planner).depthToSpace, pictures},

	op.Concat: {(*planner).concat, asInputs}, op.Pad: {(*planner).pad, asInputs}, op.Tile: {(*planner).tile, 0},
	op.Split: {(*planner).split, asInputs | view}, op.Slice: {(*planner).slice, asInputs | view},
	op.Gather: {(*planner).gather, view}, op.Expand: {(*planner).expand, view}, op.Transpose: {(*planner).transpose, view},
	op.Identity: {(*planner).reshape, view}, op.Reshape: {(*planner).reshape, view}, op.Flatten: {(*planner).reshape, view},
	op.Squeeze: {(*planner).reshape, view}, op.Unsqueeze: {(*planner).reshape, view},
}

// isStored reports whether n's operator is lowered with tensors that lie so.
func isStored(n *graph.Node, s storage) bool { return lowerings[n.Op.Code].stored&s != 0 }

// liesAsInputs reports whether n's results lie best as its inputs do.
func liesAsInputs(n *graph.Node) bool {
	return isStored(n, asInputs) || n.Has(ops.Elementwise) && Lowers(n)
}

// Lowers reports whether there is a planned kernel for n, if its shapes allow it.
func Lowers(n *graph.Node) bool {
	is := func(v *graph.Value) bool { return v != nil && v.Type.DType == tensor.Float32 }
	if len(n.In) == 0 || !is(n.In[0]) || slices.ContainsFunc(n.Out, func(v *graph.Value) bool { return !is(v) }) {
		return false
	}
	if lowerings[n.Op.Code].lower != nil {
		return true
	}
	call, err := n.Call()
	if err != nil {
		return false
	}
	_, ok := eval.Function(call)
	return ok
}
