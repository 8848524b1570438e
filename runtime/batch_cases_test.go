package runtime

import (
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
	"google.golang.org/protobuf/proto"
)

// batchSize is what the cases are run with; some have it in their constants. On
// one thread it is a chunk of three and one of two.
const batchSize = 5

// batchCase is a model of one input x, and more if it makes them, and the output
// y. mixes says that a picture's result depends on others, or cannot easily be
// seen not to.
type batchCase struct {
	name  string
	mixes bool
	opset int64
	x     []int
	build func(b *builder, x string)
}

func (c batchCase) model() *onnx.Model {
	b := newBuilder(c.opset)
	c.build(b, b.input("x", c.x...))
	if len(b.graph.Output) == 0 {
		b.result("y", tensor.Float32)
	}
	return b.model()
}

// result declares an output of any shape.
func (b *builder) result(name string, d tensor.DType) {
	info := b.info(name, nil)
	info.Type.GetTensorType().Shape, info.Type.GetTensorType().ElemType = nil, proto.Int32(int32(d))
	b.graph.Output = append(b.graph.Output, info)
}

// second makes a second result of the last node.
func (b *builder) second(name string) {
	last := b.graph.Node[len(b.graph.Node)-1]
	last.Output = append(last.Output, name)
}

// size is the batch size as the model computes it, [1].
func (b *builder) size(x string) string {
	shape := b.node("Shape", "", []string{x})
	return b.node("Gather", "", []string{shape, b.ints(0)})
}

func (b *builder) scalar(v int64) string { return b.constant(tensor.Of([]int64{v})) }

var (
	axis0, axis1 = onnx.IntAttr("axis", 0), onnx.IntAttr("axis", 1)
	toFloat      = onnx.IntAttr("to", int64(tensor.Float32))
	swapped      = intsAttr("perm", 1, 0)
	picture      = []int{-1, 4, 6, 5}
	square       = []int{-1, batchSize} // as many numbers a row as there are rows
	row          = []int{-1, 6}
	tokens       = []int{-1, 5, 6}
)

// one is a case of one node that makes y of x and constants.
func one(name string, attrs ...*onnxpb.AttributeProto) func(b *builder, x string) {
	return func(b *builder, x string) { b.node(name, "y", []string{x}, attrs...) }
}

// opInts is one with a second operand of integers.
func opInts(name string, ints []int64, attrs ...*onnxpb.AttributeProto) func(b *builder, x string) {
	return func(b *builder, x string) { b.node(name, "y", []string{x, b.ints(ints...)}, attrs...) }
}

// opWeight is one with a second operand of floats.
func opWeight(name string, shape []int, attrs ...*onnxpb.AttributeProto) func(b *builder, x string) {
	return func(b *builder, x string) { b.node(name, "y", []string{x, b.weight(shape...)}, attrs...) }
}

var batchCases = []batchCase{
	{"reshape [0,-1]", false, 14, picture, opInts("Reshape", []int64{0, -1})},
	{"reshape [-1,C]", false, 14, picture, opInts("Reshape", []int64{-1, 120})},
	{"reshape by computed shape", false, 14, picture, func(b *builder, x string) {
		b.node("Reshape", "y", []string{x, b.node("Concat", "", []string{b.size(x), b.ints(8, -1)}, axis0)})
	}},
	{"reshape to a known batch", true, 14, picture, opInts("Reshape", []int64{batchSize, -1})},
	{"reshape merges the batch", true, 14, picture, opInts("Reshape", []int64{-1, 6, 5})},
	{"reshape merges rows", true, 14, row, opInts("Reshape", []int64{-1, 15})},
	{"reshape of turned rows", true, 14, square, func(b *builder, x string) {
		b.node("Reshape", "y", []string{b.node("Transpose", "", []string{x}, swapped), b.ints(-1, batchSize)})
	}},
	{"flatten", false, 14, picture, one("Flatten")},
	{"flatten axis 0", true, 14, picture, one("Flatten", axis0)},
	{"flatten axis 2", true, 14, picture, one("Flatten", onnx.IntAttr("axis", 2))},
	{"squeeze all", true, 14, []int{-1, 1, 6}, one("Squeeze")},
	{"squeeze one", false, 14, []int{-1, 1, 6}, opInts("Squeeze", []int64{1})},
	{"unsqueeze before the batch", true, 14, row, opInts("Unsqueeze", []int64{0})},
	{"unsqueeze behind it", false, 14, row, opInts("Unsqueeze", []int64{1})},

	{"transpose within pictures", false, 14, picture, one("Transpose", intsAttr("perm", 0, 2, 3, 1))},
	{"transpose 1023", true, 14, picture, one("Transpose", intsAttr("perm", 1, 0, 2, 3))},
	{"transpose without perm", true, 14, square, one("Transpose")},
	{"softmax between transposes", true, 14, square, func(b *builder, x string) {
		b.node("Transpose", "y", []string{b.node("Softmax", "", []string{b.node("Transpose", "", []string{x}, swapped)})}, swapped)
	}},

	{"add for each picture", true, 14, picture, opWeight("Add", []int{batchSize, 1, 1, 1})},
	{"add for each channel", false, 14, picture, opWeight("Add", []int{1, 4, 1, 1})},
	{"add of a vector", false, 14, row, opWeight("Add", []int{6})},
	{"add of higher rank", true, 14, row, opWeight("Add", []int{1, 1, 6})},
	{"add of a picture's number to columns", true, 14, square, func(b *builder, x string) {
		b.node("Add", "y", []string{x, b.node("ReduceMax", "", []string{x}, intsAttr("axes", 1), onnx.IntAttr("keepdims", 0))})
	}},
	{"less the mean of the batch", true, 14, row, func(b *builder, x string) {
		b.node("Sub", "y", []string{x, b.node("ReduceMean", "", []string{x}, intsAttr("axes", 0))})
	}},
	{"times the batch size", true, 14, row, func(b *builder, x string) {
		b.node("Mul", "y", []string{x, b.node("Cast", "", []string{b.size(x)}, toFloat)})
	}},
	{"plus the picture's number", true, 14, row, func(b *builder, x string) {
		n := b.node("Squeeze", "", []string{b.size(x)})
		r := b.node("Range", "", []string{b.scalar(0), n, b.scalar(1)})
		b.node("Add", "y", []string{x, b.node("Cast", "", []string{b.node("Unsqueeze", "", []string{r, b.ints(1)})}, toFloat)})
	}},
	{"plus a constant of the batch's shape", false, 14, row, func(b *builder, x string) {
		shape := b.node("Concat", "", []string{b.size(x), b.ints(1)}, axis0)
		b.node("Add", "y", []string{x, b.node("Expand", "", []string{b.weight(1, 6), shape})})
	}},
	{"where", false, 14, row, func(b *builder, x string) {
		b.node("Where", "y", []string{b.node("Less", "", []string{x, b.weight(1, 6)}), x, b.weight(6)})
	}},

	{"reduce mean axis 0", true, 14, picture, one("ReduceMean", intsAttr("axes", 0))},
	{"reduce mean of all", true, 14, picture, one("ReduceMean")},
	{"reduce sum of pictures", false, 14, picture, opInts("ReduceSum", []int64{-1, 2}, onnx.IntAttr("keepdims", 0))},
	{"reduce sum of all", true, 14, square, opInts("ReduceSum", []int64{-2}, onnx.IntAttr("keepdims", 1))},
	{"softmax axis 0", true, 14, row, one("Softmax", axis0)},
	{"softmax of all, before opset 13", true, 11, picture, one("Softmax", axis0)},
	{"softmax of a picture, before opset 13", false, 11, picture, one("Softmax", axis1)},
	{"log softmax", false, 14, row, one("LogSoftmax")},
	{"softmax of a vector", true, 14, []int{-1}, one("Softmax")},
	{"sums axis 0", true, 14, row, func(b *builder, x string) { b.node("CumSum", "y", []string{x, b.scalar(0)}) }},
	{"norm axis 0", true, 14, row, one("LpNormalization", axis0)},
	{"norm of rows", false, 14, row, one("LpNormalization", axis1)},
	{"layer norm", false, 17, tokens, opWeight("LayerNormalization", []int{6})},
	{"layer norm of all", true, 17, tokens, opWeight("LayerNormalization", []int{batchSize, 5, 6}, axis0)},
	{"mean and variance of the batch", true, 14, picture, one("MeanVarianceNormalization")},
	{"instance norm", false, 14, picture, func(b *builder, x string) {
		b.node("InstanceNormalization", "y", []string{x, b.positive(4), b.weight(4)})
	}},
	{"batch norm", false, 15, picture, func(b *builder, x string) { b.batchNorm(x, 4, "y") }},
	{"batch norm in training", true, 15, picture, func(b *builder, x string) {
		b.batchNorm(x, 4, "y")
		n := b.graph.Node[len(b.graph.Node)-1]
		n.Attribute = append(n.Attribute, onnx.IntAttr("training_mode", 1))
	}},
	{"argmax", false, 14, row, func(b *builder, x string) {
		b.node("ArgMax", "y", []string{x}, axis1, onnx.IntAttr("keepdims", 0))
		b.result("y", tensor.Int64)
	}},
	{"argmax axis 0", true, 14, square, func(b *builder, x string) {
		b.node("ArgMax", "y", []string{x}, onnx.IntAttr("keepdims", 0))
		b.result("y", tensor.Int64)
	}},
	{"top of rows", false, 14, row, func(b *builder, x string) {
		b.node("TopK", "y", []string{x, b.ints(2)})
		b.second("z")
		b.result("y", tensor.Float32)
		b.result("z", tensor.Int64)
	}},
	{"top of the batch", true, 14, square, func(b *builder, x string) {
		b.node("TopK", "y", []string{x, b.ints(batchSize)}, axis0)
		b.second("z")
	}},

	{"concat of channels", false, 14, picture, func(b *builder, x string) {
		b.node("Concat", "y", []string{x, b.node("Relu", "", []string{x})}, axis1)
	}},
	{"concat of batches", true, 14, picture, func(b *builder, x string) {
		b.node("Concat", "y", []string{x, b.node("Relu", "", []string{x})}, axis0)
	}},
	{"concat with another picture before", true, 14, row, func(b *builder, x string) {
		both := b.node("Concat", "", []string{b.weight(1, 6), x}, axis0)
		b.node("Slice", "y", []string{both, b.ints(0), b.ints(-1), b.ints(0)})
	}},
	{"a token for each picture", false, 14, tokens, func(b *builder, x string) {
		shape := b.node("Concat", "", []string{b.size(x), b.ints(1, 6)}, axis0)
		b.node("Concat", "y", []string{b.node("Expand", "", []string{b.weight(1, 1, 6), shape}), x}, axis1)
	}},
	{"expand before the batch", true, 14, row, opInts("Expand", []int64{2, 1, 1})},
	{"expand to a square", true, 14, []int{-1}, opInts("Expand", []int64{batchSize, 1})},
	{"expand of pictures", false, 14, []int{-1, 1, 5}, opInts("Expand", []int64{1, 4, 5})},
	{"tile of the batch", true, 14, row, opInts("Tile", []int64{2, 1})},
	{"tile of rows", false, 14, row, opInts("Tile", []int64{1, 2})},
	{"split of the batch", true, 14, row, func(b *builder, x string) {
		p := b.split(x, 0, 1, batchSize-1)
		b.node("Add", "y", []string{p[1], p[0]})
	}},
	{"split of rows", false, 14, row, func(b *builder, x string) {
		p := b.split(x, 1, 3, 3)
		b.node("Add", "y", []string{p[1], p[0]})
	}},
	{"slice of the batch", true, 14, row, func(b *builder, x string) { b.node("Slice", "y", []string{x, b.ints(1), b.ints(9), b.ints(0)}) }},
	{"the batch backwards", true, 14, row, func(b *builder, x string) {
		b.node("Slice", "y", []string{x, b.ints(-1), b.ints(-99), b.ints(0), b.ints(-1)})
	}},
	{"slice that keeps the batch", false, 14, row, func(b *builder, x string) {
		b.node("Slice", "y", []string{x, b.ints(0, 1), b.ints(1<<40, 5), b.ints(0, 1)})
	}},
	{"slice as long as the batch", true, 14, row, func(b *builder, x string) {
		b.node("Slice", "y", []string{x, b.ints(0), b.size(x), b.ints(1)})
	}},
	{"gather of the batch", true, 14, row, opInts("Gather", []int64{0, 0, 0, 0, 0})},
	{"gather of channels", false, 14, row, opInts("Gather", []int64{5, -2, 0}, axis1)},
	{"gather of a shuffled batch", true, 14, row, opInts("Gather", []int64{-1, 0, -1, -1, 0})},
	{"pad that moves the batch", true, 14, row, opInts("Pad", []int64{-1, 0, 1, 0})},
	{"pad of rows", false, 14, row, opInts("Pad", []int64{0, -1, 0, 2})},
	{"resize", false, 14, picture, func(b *builder, x string) {
		b.node("Resize", "y", []string{x, "", b.constant(tensor.Of([]float32{1, 1, 2, 1.5}, 4))}, onnx.StringAttr("mode", "linear"))
	}},
	{"resize between pictures", true, 14, picture, func(b *builder, x string) {
		b.node("Resize", "y", []string{x, "", b.constant(tensor.Of([]float32{1.1, 1, 1, 1}, 4))}, onnx.StringAttr("mode", "linear"))
	}},
	{"resize to a part of the pictures", true, 14, picture, func(b *builder, x string) {
		roi := b.constant(tensor.Of([]float32{0.5, 0, 0, 0, 1, 1, 1, 1}, 8))
		b.node("Resize", "y", []string{x, roi, b.constant(tensor.Of([]float32{1, 1, 2, 2}, 4))}, onnx.StringAttr("mode", "nearest"),
			onnx.StringAttr("coordinate_transformation_mode", "tf_crop_and_resize"))
	}},
	{"depth to space", false, 14, picture, one("DepthToSpace", onnx.IntAttr("blocksize", 2))},
	{"batch to space", true, 14, picture, func(b *builder, x string) {
		apart := b.node("Reshape", "", []string{x, b.ints(-1, 2, 2, 6, 5)})
		b.node("Reshape", "y", []string{b.node("Transpose", "", []string{apart}, intsAttr("perm", 1, 0, 2, 3, 4)), b.ints(-1, 4, 6, 5)})
	}},

	{"conv, pool, gemm", false, 14, picture, func(b *builder, x string) {
		x = b.node("GlobalAveragePool", "", []string{b.conv(x, 4, 8, 3, 2, 1, "")})
		b.node("Gemm", "y", []string{b.node("Flatten", "", []string{x}), b.weight(5, 8), b.weight(5)}, onnx.IntAttr("transB", 1))
	}},
	{"max pool with places in the batch", true, 14, picture, func(b *builder, x string) {
		b.node("MaxPool", "m", []string{x}, intsAttr("kernel_shape", 2, 2))
		b.second("y")
		b.result("y", tensor.Int64)
	}},
	{"weights from pictures", true, 14, picture, func(b *builder, x string) {
		b.node("Conv", "y", []string{x, b.node("Slice", "", []string{x, b.ints(0, 0), b.ints(2, 2), b.ints(2, 3)})})
	}},
	{"gemm with a bias for each picture", true, 14, row, func(b *builder, x string) {
		b.node("Gemm", "y", []string{x, b.weight(6, 4), b.weight(batchSize, 4)})
	}},
	{"gemm of columns", true, 14, square, func(b *builder, x string) {
		b.node("Gemm", "y", []string{x, b.weight(batchSize, 4)}, onnx.IntAttr("transA", 1))
	}},
	{"gemm by pictures", true, 14, square, func(b *builder, x string) { b.node("Gemm", "y", []string{b.weight(batchSize, batchSize), x}) }},
	{"matrix times rows", false, 14, row, opWeight("MatMul", []int{6, 4})},
	{"pictures compared", true, 14, square, func(b *builder, x string) {
		b.node("MatMul", "y", []string{x, b.node("Transpose", "", []string{x}, swapped)})
	}},
	{"matrix over the batch", true, 14, square, func(b *builder, x string) { b.node("MatMul", "y", []string{b.weight(batchSize, batchSize), x}) }},
	{"dot product of the batch", true, 14, []int{-1}, opWeight("MatMul", []int{batchSize, 2})},
	{"attention", false, 14, tokens, func(b *builder, x string) {
		key := b.node("Transpose", "", []string{b.node("MatMul", "", []string{x, b.weight(6, 6)})}, intsAttr("perm", 0, 2, 1))
		b.node("MatMul", "y", []string{b.node("Softmax", "", []string{b.node("MatMul", "", []string{x, key})}), x})
	}},
	{"attention over the batch", true, 14, tokens, func(b *builder, x string) {
		y := b.node("Transpose", "", []string{x}, intsAttr("perm", 1, 0, 2))
		key := b.node("Transpose", "", []string{y}, intsAttr("perm", 0, 2, 1))
		y = b.node("MatMul", "", []string{b.node("Softmax", "", []string{b.node("MatMul", "", []string{y, key})}), y})
		b.node("Transpose", "y", []string{y}, intsAttr("perm", 1, 0, 2))
	}},
	{"einsum", true, 14, square, func(b *builder, x string) {
		b.node("Einsum", "y", []string{x, x}, onnx.StringAttr("equation", "ij,kj->ik"))
	}},
	{"quantized by the batch's range", true, 14, row, func(b *builder, x string) {
		b.node("DynamicQuantizeLinear", "q", []string{x})
		b.second("s")
		b.second("p")
		b.node("DequantizeLinear", "y", []string{"q", "s", "p"})
	}},
	{"quantized", false, 14, row, func(b *builder, x string) {
		scale := b.constant(tensor.Of([]float32{0.05}))
		b.node("DequantizeLinear", "y", []string{b.node("QuantizeLinear", "", []string{x, scale}), scale, b.constant(tensor.Of([]uint8{0}))})
	}},

	{"embedding", false, 14, row, func(b *builder, x string) {
		index := b.node("Cast", "", []string{b.node("Abs", "", []string{x})}, onnx.IntAttr("to", int64(tensor.Int64)))
		b.node("Gather", "y", []string{b.weight(20, 3), index})
	}},
	{"picked by the pictures", true, 14, row, func(b *builder, x string) {
		index := b.node("Cast", "", []string{b.node("Clip", "", []string{x, b.constant(tensor.Of([]float32{0})), b.constant(tensor.Of([]float32{batchSize - 1}))})}, onnx.IntAttr("to", int64(tensor.Int64)))
		b.node("Gather", "y", []string{x, index})
	}},
	{"which are not zero", true, 14, row, func(b *builder, x string) {
		b.node("NonZero", "y", []string{b.node("Relu", "", []string{x})})
		b.result("y", tensor.Int64)
	}},
	{"boxes", true, 14, []int{-1, 5, 4}, func(b *builder, x string) {
		scores := b.node("ReduceMax", "", []string{x}, intsAttr("axes", 2), onnx.IntAttr("keepdims", 0))
		b.node("NonMaxSuppression", "y", []string{x, b.node("Unsqueeze", "", []string{scores, b.ints(1)}), b.scalar(4)})
		b.result("y", tensor.Int64)
	}},
	{"if there are several", true, 17, row, func(b *builder, x string) {
		several := b.node("Greater", "", []string{b.size(x), b.ints(1)})
		b.node("If", "y", []string{several}, graphAttr("then_branch", "Neg", "a", x), graphAttr("else_branch", "Relu", "b", x))
	}},
	{"if a value says so", true, 17, row, func(b *builder, x string) {
		total := b.node("ReduceSum", "", []string{x}, onnx.IntAttr("keepdims", 0))
		b.node("If", "y", []string{b.node("Less", "", []string{total, b.constant(tensor.Of([]float32{0}))})},
			graphAttr("then_branch", "Neg", "a", x), graphAttr("else_branch", "Relu", "b", x))
	}},
	{"rows in reverse", true, 14, row, func(b *builder, x string) {
		b.node("ReverseSequence", "y", []string{x, b.ints(3, 1, 2, 3, 3, 2)}, onnx.IntAttr("batch_axis", 1), onnx.IntAttr("time_axis", 0))
	}},

	{"an output without the batch", true, 14, picture, func(b *builder, x string) {
		b.node("Relu", "y", []string{x})
		b.node("Identity", "z", []string{b.weight(2, 3)})
		b.result("y", tensor.Float32)
		b.result("z", tensor.Float32)
	}},
	{"an output of the batch size", true, 14, picture, func(b *builder, x string) {
		b.node("Relu", "y", []string{x})
		b.node("Identity", "z", []string{b.size(x)})
		b.result("y", tensor.Float32)
		b.result("z", tensor.Int64)
	}},
	{"outputs that are the input, and a constant for each picture", false, 14, row, func(b *builder, x string) {
		b.node("Identity", "y", []string{x})
		b.node("Expand", "z", []string{b.weight(1, 2), b.node("Concat", "", []string{b.size(x), b.ints(2)}, axis0)})
		b.result("y", tensor.Float32)
		b.result("z", tensor.Float32)
	}},
	{"two inputs", false, 14, row, func(b *builder, x string) { b.node("Add", "y", []string{b.input("z", -1, 6), x}) }},
	{"two inputs, one of a picture", true, 14, row, func(b *builder, x string) { b.node("Add", "y", []string{b.input("z", 1, 6), x}) }},
	{"two inputs, one without a batch", true, 14, row, func(b *builder, x string) { b.node("Add", "y", []string{b.input("z", 6), x}) }},
	{"two inputs, crossed", true, 14, square, func(b *builder, x string) { b.node("MatMul", "y", []string{b.input("z", -1, batchSize), x}) }},
	{"a batch that the file tells", false, 14, []int{batchSize, 4, 6, 5}, func(b *builder, x string) {
		b.node("Flatten", "y", []string{b.conv(x, 4, 8, 3, 2, 1, "")})
	}},
	{"a batch that the file tells twice", true, 14, []int{batchSize, 4, 6, 5}, func(b *builder, x string) {
		b.node("Reshape", "y", []string{b.conv(x, 4, 8, 3, 2, 1, ""), b.ints(batchSize, -1)})
	}},
}
