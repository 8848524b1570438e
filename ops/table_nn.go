package ops

import "github.com/mixconv/mixconv/tensor"

// nnOps are the operators of neural networks proper.
var nnOps = []Op{
	{Name: "BatchNormalization", infer: inferBatchNorm, versions: []version{
		{since: 9, sig: "X:T scale:T B:T mean:T var:T -> Y:T mean?:T var?:T saved_mean?:T saved_var?:T", types: types{"T": floats},
			attrs: []AttrSpec{floatAttr("epsilon", 1e-5), floatAttr("momentum", 0.9)}},
		{since: 14, sig: "X:T scale:T B:T input_mean:U input_var:U -> Y:T running_mean?:U running_var?:U", types: types{"T": floats | bf16, "U": floats | bf16},
			attrs: []AttrSpec{floatAttr("epsilon", 1e-5), floatAttr("momentum", 0.9), intAttr("training_mode", 0)}},
		{since: 15, sig: "X:T scale:T1 B:T1 input_mean:T2 input_var:T2 -> Y:T running_mean?:T2 running_var?:T2",
			types: types{"T1": floats | bf16, "T2": floats | bf16}},
	}},
	{Name: "Conv", infer: inferConv, versions: []version{
		{since: 11, sig: "X:T W:T B?:T -> Y:T", types: types{"T": floats}, attrs: []AttrSpec{
			stringAttr("auto_pad", "NOTSET"), attr("dilations", Ints), intAttr("group", 1),
			attr("kernel_shape", Ints), attr("pads", Ints), attr("strides", Ints)}},
		{since: 22, types: types{"T": floats | bf16}},
	}},
	{Name: "Dropout", infer: inferDropout, versions: []version{
		{since: 10, sig: "data:T -> output:T mask?:T1", types: types{"T": floats, "T1": truth}, attrs: []AttrSpec{floatAttr("ratio", 0.5)}},
		{since: 12, sig: "data:T ratio?:T1 training_mode?:T2 -> output:T mask?:T2", types: types{"T1": floats, "T2": truth}, attrs: []AttrSpec{attr("seed", Int)}},
		{since: 13, types: types{"T": floats | bf16}},
		{since: 22, types: types{"T": floats | bf16 | float8, "T1": floats | bf16 | float8}},
	}},
	{Name: "GlobalAveragePool", infer: inferGlobalPool, versions: []version{
		{since: 1, sig: "X:T -> Y:T", types: types{"T": floats}},
		{since: 22, types: types{"T": floats | bf16}},
	}},
	{Name: "HardSigmoid", infer: inferSame, versions: []version{
		{since: 6, sig: "X:T -> Y:T", types: types{"T": floats}, attrs: []AttrSpec{floatAttr("alpha", 0.2), floatAttr("beta", 0.5)}},
		{since: 22, types: types{"T": floats | bf16}},
	}},
	{Name: "HardSwish", infer: inferSame, versions: []version{
		{since: 14, sig: "X:T -> Y:T", types: types{"T": floats}},
		{since: 22, types: types{"T": floats | bf16}},
	}},
	{Name: "MaxPool", infer: inferMaxPool, versions: []version{
		{since: 11, sig: "X:T -> Y:T Indices?:I", types: types{"T": floats, "I": set(tensor.Int64)}, attrs: []AttrSpec{
			stringAttr("auto_pad", "NOTSET"), intAttr("ceil_mode", 0), attr("dilations", Ints), required("kernel_shape", Ints),
			attr("pads", Ints), intAttr("storage_order", 0), attr("strides", Ints)}},
		{since: 12, types: types{"T": floats | set(tensor.Int8, tensor.Uint8)}},
		{since: 22, types: types{"T": floats | bf16 | set(tensor.Int8, tensor.Uint8)}},
	}},
	{Name: "Relu", infer: inferSame, versions: []version{
		{since: 6, sig: "X:T -> Y:T", types: types{"T": floats}},
		{since: 13, types: types{"T": floats | bf16}},
		{since: 14, types: types{"T": floats | bf16 | ints}},
	}},
	{Name: "Sigmoid", infer: inferSame, versions: []version{
		{since: 6, sig: "X:T -> Y:T", types: types{"T": floats}},
		{since: 13, types: types{"T": floats | bf16}},
	}},
	{Name: "Softmax", infer: inferSoftmax, versions: []version{
		{since: 11, sig: "input:T -> output:T", types: types{"T": floats}, attrs: []AttrSpec{intAttr("axis", 1)}},
		{since: 13, types: types{"T": floats | bf16}, attrs: []AttrSpec{intAttr("axis", -1)}},
	}},
	{Name: "Swish", infer: inferSame, versions: []version{
		{since: 24, sig: "X:T -> Y:T", types: types{"T": floats | bf16}, attrs: []AttrSpec{floatAttr("alpha", 1)}},
	}},
}
