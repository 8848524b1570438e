package special

import (
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/tensor"
)

// form is how the inputs of an operator are filled.
type form int

const (
	vector    form = iota // one vector, of many lengths
	pair                  // two inputs, every value with every other
	list                  // two inputs or more of one shape
	rows                  // a matrix whose rows begin at different values
	reduced               // rows, and the axes to reduce as an input
	picture               // [1,2,5,7]
	condition             // a mask, and two inputs
	bounds                // a vector and two scalars
	axis                  // a vector, and an axis as an input
	matrices              // two matrices
	scaled                // a picture, and vectors of its channels' scales
	shaped                // rows, and a list of numbers as an input
)

// line is how an operator is called. It is called with every element type that it
// takes.
type line struct {
	op    string
	form  form
	attrs ops.Attrs
	more  []int64 // for shaped: the list
}

var lines = func() (all []line) {
	add := func(f form, attrs ops.Attrs, names ...string) {
		for _, n := range names {
			all = append(all, line{op: n, form: f, attrs: attrs})
		}
	}
	add(vector, nil, "Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "BitwiseNot", "Ceil", "Celu", "Cos", "Cosh", "Elu", "Erf", "Exp", "Floor", "Gelu", "HardSigmoid",
		"HardSwish", "Identity", "IsInf", "IsNaN", "LeakyRelu", "Log", "Mish", "Neg", "NonZero", "Not", "Reciprocal", "Relu", "Round", "Selu", "Shape", "Shrink", "Sigmoid", "Sign",
		"Sin", "Sinh", "Size", "Softplus", "Softsign", "Sqrt", "Swish", "Tan", "Tanh", "ThresholdedRelu", "Unique", "Dropout", "DynamicQuantizeLinear")
	add(vector, ops.Attrs{"approximate": "tanh"}, "Gelu")
	add(vector, ops.Attrs{"alpha": float32(1.702)}, "Swish")
	for _, to := range dtypes {
		add(vector, ops.Attrs{"to": int64(to)}, "Cast")
	}
	add(pair, nil, "Add", "And", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "Div", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Max", "Mean", "Min", "Mul", "Or", "PRelu",
		"Pow", "Sub", "Sum", "Xor", "CastLike")
	add(pair, ops.Attrs{"fmod": int64(1)}, "Mod")
	add(pair, nil, "Mod")
	add(pair, ops.Attrs{"direction": "LEFT"}, "BitShift")
	add(pair, ops.Attrs{"direction": "RIGHT"}, "BitShift")
	add(list, nil, "Max", "Min", "Sum", "Mean")
	add(list, ops.Attrs{"axis": int64(0)}, "Concat")
	add(rows, nil, "Softmax", "LogSoftmax", "Hardmax", "ArgMax", "ArgMin", "Flatten", "Transpose", "Trilu", "EyeLike")
	add(rows, ops.Attrs{"axis": int64(-1)}, "ArgMax", "ArgMin")
	add(rows, ops.Attrs{"p": int64(1)}, "LpNormalization")
	add(rows, nil, "LpNormalization")
	add(reduced, nil, "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare")
	add(picture, nil, "GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool", "MeanVarianceNormalization")
	add(picture, ops.Attrs{"kernel_shape": []int64{2, 3}}, "MaxPool", "AveragePool", "LpPool")
	add(picture, ops.Attrs{"size": int64(3)}, "LRN")
	add(picture, ops.Attrs{"blocksize": int64(1)}, "DepthToSpace", "SpaceToDepth")
	add(condition, nil, "Where")
	add(bounds, nil, "Clip")
	add(axis, nil, "CumSum", "CumProd")
	add(matrices, nil, "MatMul", "Gemm")
	add(matrices, ops.Attrs{"equation": "ij,jk->ik"}, "Einsum")
	add(scaled, nil, "BatchNormalization", "InstanceNormalization")
	for op, numbers := range map[string][]int64{"Reshape": {-1}, "Expand": {2, 1, 1}, "Tile": {2, 2}, "Unsqueeze": {0}, "Pad": {1, 0, 0, 2}, "Gather": {1, 0, -1}, "TopK": {3}, "Split": {2, 3}} {
		all = append(all, line{op: op, form: shaped, more: numbers})
	}
	return all
}()

// dtypes are the element types that have special values.
var dtypes = []tensor.DType{tensor.Float32, tensor.Float64, tensor.Float16, tensor.BFloat16, tensor.Int8, tensor.Int16, tensor.Int32, tensor.Int64,
	tensor.Uint8, tensor.Uint16, tensor.Uint32, tensor.Uint64, tensor.Bool}

// without are the operators that no line calls, and why.
var without = map[string]string{}

func init() {
	for reason, names := range map[string][]string{
		"strings": {"StringConcat", "StringNormalizer", "StringSplit", "TfIdfVectorizer"},
		"moves whole sequences and optional values, and computes nothing": {"ConcatFromSequence", "Optional", "OptionalGetElement", "OptionalHasElement", "SequenceAt", "SequenceConstruct",
			"SequenceEmpty", "SequenceErase", "SequenceInsert", "SequenceLength", "SequenceMap", "SplitToSequence"},
		"runs a graph and computes nothing itself": {"If", "Loop", "Scan"},
		"makes values of attributes or of sizes":   {"BlackmanWindow", "Constant", "ConstantOfShape", "HammingWindow", "HannWindow", "MelWeightMatrix", "Range"},
		"moves elements by indices, as Gather does": {"CenterCropPad", "Col2Im", "Compress", "GatherElements", "GatherND", "OneHot", "ReverseSequence", "Scatter", "ScatterElements", "ScatterND",
			"Slice", "Squeeze", "TensorScatter", "BitCast"},
		"sums of products, as MatMul has them": {"Attention", "AffineGrid", "CausalConvWithState", "Conv", "ConvInteger", "ConvTranspose", "DFT", "DeformConv", "Det", "GRU", "LSTM", "LinearAttention",
			"MatMulInteger", "QLinearConv", "QLinearMatMul", "RNN", "RotaryEmbedding", "STFT"},
		"coordinates decide; test/geometry and the operators' own tests have them":         {"GridSample", "MaxRoiPool", "MaxUnpool", "NonMaxSuppression", "Resize", "RoiAlign", "Upsample"},
		"losses and norms of what LogSoftmax, BatchNormalization and ReduceMean show here": {"GroupNormalization", "LayerNormalization", "NegativeLogLikelihoodLoss", "RMSNormalization", "SoftmaxCrossEntropyLoss"},
		"scales and zero points; the tests of quantised models have them":                  {"DequantizeLinear", "QuantizeLinear"},
	} {
		for _, n := range names {
			without[n] = reason
		}
	}
}

// summing are the operators whose results depend on the order and the width of sums
// or products where these overflow or cancel: they get moderate numbers, infinities
// and NaN.
var summing = map[string]bool{"AveragePool": true, "BatchNormalization": true, "CumProd": true, "CumSum": true, "Einsum": true, "Gemm": true, "GlobalAveragePool": true,
	"GlobalLpPool": true, "InstanceNormalization": true, "LRN": true, "LpNormalization": true, "LpPool": true, "MatMul": true, "Mean": true, "MeanVarianceNormalization": true,
	"ReduceL1": true, "ReduceL2": true, "ReduceLogSum": true, "ReduceLogSumExp": true, "ReduceMean": true, "ReduceProd": true, "ReduceSum": true, "ReduceSumSquare": true, "Sum": true}
