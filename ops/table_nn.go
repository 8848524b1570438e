package ops

// nnOps are the operators of neural networks proper.
var nnOps = []Op{
	{Name: "Conv", infer: inferConv, versions: []version{
		{since: 11, sig: "X:T W:T B?:T -> Y:T", types: types{"T": floats}, attrs: []AttrSpec{
			stringAttr("auto_pad", "NOTSET"), attr("dilations", Ints), intAttr("group", 1),
			attr("kernel_shape", Ints), attr("pads", Ints), attr("strides", Ints)}},
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
	{Name: "Sigmoid", infer: inferSame, versions: []version{
		{since: 6, sig: "X:T -> Y:T", types: types{"T": floats}},
		{since: 13, types: types{"T": floats | bf16}},
	}},
}
