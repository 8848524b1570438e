package tf

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/mixconv/mixconv/convert/tf/internal/graphdef"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/tensor"
)

// expansionBudget is what constants may take beyond the file that holds them:
// TensorFlow writes equal values once.
const expansionBudget = 32 << 20

// frozenOps are the operators that a network frozen for inference, with what
// may stand before and behind it, is made of.
var frozenOps = []string{
	"Add", "AddV2", "ArgMax", "AvgPool", "BatchToSpaceND", "BiasAdd", "Cast", "Concat", "ConcatV2", "Const", "Conv2D",
	"DepthwiseConv2dNative", "Exp", "ExpandDims", "Fill", "FloorDiv", "FloorMod", "FusedBatchNorm", "FusedBatchNormV2",
	"FusedBatchNormV3", "GatherV2", "Identity", "IdentityN", "MatMul", "Max", "Maximum", "Mean", "Minimum", "Mul", "Neg",
	"NoOp", "Pack", "Pad", "PadV2", "Placeholder", "PlaceholderWithDefault", "Prod", "Range", "RealDiv", "Relu", "Relu6",
	"Reshape", "ResizeBilinear", "ResizeBicubic", "Rsqrt", "Shape", "Sigmoid", "Slice", "Softmax", "SpaceToBatchND",
	"Split", "SplitV", "Sqrt", "Square", "Squeeze", "StopGradient", "StridedSlice", "Sub", "Sum", "Tile", "TopKV2", "Transpose",
	"Unpack", "swish_f32",
}

// weightInputs says which inputs of an operator are trained, where there are
// any.
var weightInputs = map[string][]int{
	"Conv2D": {1}, "DepthwiseConv2dNative": {1}, "MatMul": {1}, "BiasAdd": {1},
	"FusedBatchNorm": {1, 2, 3, 4}, "FusedBatchNormV2": {1, 2, 3, 4}, "FusedBatchNormV3": {1, 2, 3, 4},
}

// frozen is a store of constants in a graph.
type frozen struct {
	path   string
	data   []byte
	info   *graphInfo
	consts []*graphdef.Node
}

// newFrozen reads a frozen graph and finds the constants that are weights: by
// their names, or by what uses them.
func newFrozen(path string, data []byte, lim limit.Limits) (*frozen, error) {
	g, err := graphdef.Parse(data, 0, lim)
	if err != nil {
		return nil, errs.InFile(path, err)
	}
	f := &frozen{path: path, data: data, info: newGraphInfo(g, path, true)}
	if err := f.checkOps(); err != nil {
		return nil, errs.InFile(path, err)
	}
	weights := map[*graphdef.Node]bool{}
	for _, n := range g.Nodes {
		if _, ok := parseName(n.Name); ok && n.Op == "Const" {
			weights[n] = true
		}
		for _, i := range weightInputs[n.Op] {
			if source := variableOf(n, i); source != nil && source.Op == "Const" {
				weights[source] = true
			}
		}
	}
	for _, n := range g.Nodes {
		if t := n.Attrs["value"].Tensor; weights[n] && t != nil {
			f.consts = append(f.consts, n)
		}
	}
	return f, nil
}

// checkOps lists every operator that is no part of a network for inference:
// one that reads files or calls Python is never run, but what such a graph
// computes is not known.
func (f *frozen) checkOps() error {
	var bad errs.UnsupportedError
	seen := map[string]bool{}
	for _, n := range f.info.graph.Nodes {
		if !slices.Contains(frozenOps, n.Op) && !seen[n.Op] {
			seen[n.Op] = true
			bad.Items = append(bad.Items, errs.Unsupported{Node: n.Name, Op: errs.Quote(n.Op), Reason: "not an operator of a frozen network"})
		}
	}
	if bad.Items != nil {
		return &bad
	}
	return nil
}

func (f *frozen) variables() []variable {
	vars := make([]variable, len(f.consts))
	for i, n := range f.consts {
		t := n.Attrs["value"].Tensor
		shape := make(tensor.Shape, len(t.Shape))
		for d, size := range t.Shape {
			shape[d] = int(size)
		}
		vars[i] = variable{name: n.Name, typeName: t.Type.String(), dtype: t.Type.DType(), shape: shape}
	}
	return vars
}

func (f *frozen) read(want func(int) bool, visit func(int, []byte) error) (string, error) {
	budget := int64(expansionBudget + len(f.data))
	for i, n := range f.consts {
		if !want(i) {
			continue
		}
		data, err := n.Attrs["value"].Tensor.Data(&budget)
		if err == nil {
			err = visit(i, data)
		}
		if err != nil {
			return "", err
		}
	}
	sum := sha256.Sum256(f.data)
	return hex.EncodeToString(sum[:]), nil
}

func (f *frozen) graph() *graphInfo { return f.info }

func (f *frozen) name() string { return f.path }

func (f *frozen) files() []string { return []string{f.path} }
