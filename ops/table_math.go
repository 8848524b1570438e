package ops

// mathOps are arithmetic, comparison, and what sums.
var mathOps = []Op{
	{Name: "Abs", infer: inferSame, versions: []version{
		{since: 6, sig: "X:T -> Y:T", types: types{"T": floats | ints | uints}},
		{since: 13, types: types{"T": floats | bf16 | ints | uints}},
	}},
	arithmetic("Add"),
	floatFunction("Ceil", "X:T -> Y:T"),
	{Name: "Clip", infer: inferClip, versions: []version{
		{since: 11, sig: "input:T min?:T max?:T -> output:T", types: types{"T": floats}},
		{since: 12, types: types{"T": floats | ints | uints}},
		{since: 13, types: types{"T": floats | bf16 | ints | uints}},
	}},
	arithmetic("Div"),
	{Name: "Equal", infer: inferEqual, versions: []version{
		{since: 11, sig: "A:T B:T -> C:T1", types: types{"T": truth | floats | ints | uints, "T1": truth}},
		{since: 13, types: types{"T": truth | floats | bf16 | ints | uints}},
		{since: 19, types: types{"T": truth | floats | bf16 | ints | uints | text}},
	}},
	floatFunction("Exp", "input:T -> output:T"),
	floatFunction("Floor", "X:T -> Y:T"),
	{Name: "Gemm", infer: inferGemm, versions: []version{
		{since: 11, sig: "A:T B:T C?:T -> Y:T", types: types{"T": floats | wide}, attrs: []AttrSpec{
			floatAttr("alpha", 1), floatAttr("beta", 1), intAttr("transA", 0), intAttr("transB", 0)}},
		{since: 13, types: types{"T": floats | bf16 | wide}},
	}},
	{Name: "MatMul", infer: inferMatMul, versions: []version{
		{since: 9, sig: "A:T B:T -> Y:T", types: types{"T": floats | wide}},
		{since: 13, types: types{"T": floats | bf16 | wide}},
	}},
	extremum("Max", "data_0...:T -> max:T"),
	extremum("Min", "data_0...:T -> min:T"),
	arithmetic("Mul"),
	{Name: "Neg", infer: inferSame, versions: []version{
		{since: 6, sig: "X:T -> Y:T", types: types{"T": floats | ints}},
		{since: 13, types: types{"T": floats | bf16 | ints}},
	}},
	{Name: "ReduceMean", infer: inferReduce, versions: []version{
		{since: 11, sig: "data:T -> reduced:T", types: types{"T": floats | wide}, attrs: []AttrSpec{attr("axes", Ints), intAttr("keepdims", 1)}},
		{since: 13, types: types{"T": floats | bf16 | wide}},
		{since: 18, sig: "data:T axes?:int64 -> reduced:T", attrs: []AttrSpec{intAttr("keepdims", 1), intAttr("noop_with_empty_axes", 0)}},
	}},
	floatFunction("Sqrt", "X:T -> Y:T"),
	arithmetic("Sub"),
}

// arithmetic is the row of a binary operator over all numbers.
func arithmetic(name string) Op {
	return Op{Name: name, infer: inferBroadcast, versions: []version{
		{since: 7, sig: "A:T B:T -> C:T", types: types{"T": floats | wide}},
		{since: 13, types: types{"T": floats | bf16 | wide}},
		{since: 14, types: types{"T": floats | bf16 | ints | uints}},
	}}
}

// extremum is the row of an operator over any number of tensors of numbers.
func extremum(name, sig string) Op {
	return Op{Name: name, infer: inferBroadcast, versions: []version{
		{since: 8, sig: sig, types: types{"T": floats}},
		{since: 12, types: types{"T": floats | ints | uints}},
		{since: 13, types: types{"T": floats | bf16 | ints | uints}},
	}}
}

// floatFunction is the row of a function of one float.
func floatFunction(name, sig string) Op {
	return Op{Name: name, infer: inferSame, versions: []version{
		{since: 6, sig: sig, types: types{"T": floats}},
		{since: 13, types: types{"T": floats | bf16}},
	}}
}
