package convert

import (
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/mdconv"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
	"google.golang.org/protobuf/proto"
)

// builder writes a graph node by node. The first error that weights give rise
// to is kept in err.
type builder struct {
	weights   Weights
	epsilon   float32
	keepBN    bool
	padding   Padding
	graph     *onnxpb.GraphProto
	functions map[mdconv.Signature]bool // the MDConv functions in use
	scalars   map[string]bool           // the scalar constants in use
	err       error
}

// value is a tensor [N,channels,size,size] of the graph; size is 0 if it is not
// known before a run.
type value struct {
	name     string
	channels int
	size     int
}

// node adds a node with one output, whose name is also the node's.
func (b *builder) node(op string, in []string, out string, attrs ...*onnxpb.AttributeProto) string {
	b.graph.Node = append(b.graph.Node, &onnxpb.NodeProto{
		OpType: proto.String(op), Name: proto.String(out),
		Input: in, Output: []string{out}, Attribute: attrs,
	})
	return out
}

func (b *builder) initializer(name string, t *tensor.Tensor) string {
	b.graph.Initializer = append(b.graph.Initializer, onnx.NewTensor(name, t))
	return name
}

// parameter adds the weight of that role as it is.
func (b *builder) parameter(role string) string { return b.initializer(role, b.weights[role]) }

// input declares the graph's input and returns it.
func (b *builder) input(o Options) value {
	x := value{name: "input", channels: 3, size: known(o.ImageSize)}
	b.graph.Input = append(b.graph.Input, valueInfo(x.name,
		dim(o.Batch, "batch"), dim(x.channels, ""), dim(x.size, "height"), dim(x.size, "width")))
	return x
}

func (b *builder) output(name string, o Options, classes int) {
	b.graph.Output = append(b.graph.Output, valueInfo(name, dim(o.Batch, "batch"), dim(classes, "")))
}

func valueInfo(name string, dims ...*onnxpb.TensorShapeProto_Dimension) *onnxpb.ValueInfoProto {
	return &onnxpb.ValueInfoProto{Name: proto.String(name), Type: &onnxpb.TypeProto{
		Value: &onnxpb.TypeProto_TensorType{TensorType: &onnxpb.TypeProto_Tensor{
			ElemType: proto.Int32(int32(tensor.Float32)),
			Shape:    &onnxpb.TensorShapeProto{Dim: dims},
		}},
	}}
}

// dim is a dimension of size n, or a dynamic one of that name if n is 0.
func dim(n int, name string) *onnxpb.TensorShapeProto_Dimension {
	if n <= 0 {
		return &onnxpb.TensorShapeProto_Dimension{Value: &onnxpb.TensorShapeProto_Dimension_DimParam{DimParam: name}}
	}
	return &onnxpb.TensorShapeProto_Dimension{Value: &onnxpb.TensorShapeProto_Dimension_DimValue{DimValue: int64(n)}}
}

// convAttrs writes all that a Conv has to say, defaults too.
func convAttrs(group int, g Group, stride int, p padding) []*onnxpb.AttributeProto {
	twice := func(v int) []int64 { return []int64{int64(v), int64(v)} }
	return []*onnxpb.AttributeProto{
		onnx.IntsAttr("kernel_shape", twice(g.Kernel)),
		onnx.IntsAttr("strides", twice(stride)),
		onnx.IntsAttr("dilations", twice(g.Dilation)),
		onnx.IntAttr("group", int64(group)),
		p.attr(),
	}
}

func int64s(list []int) []int64 {
	out := make([]int64, len(list))
	for i, v := range list {
		out[i] = int64(v)
	}
	return out
}
