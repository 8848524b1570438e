package ops

// mathOps are element-wise arithmetic, with broadcasting where there are
// several inputs, and reductions.
var mathOps = []Op{
	arithmetic("Add"),
	arithmetic("Sub"),
	arithmetic("Mul"),
	arithmetic("Div"),
}

// arithmetic is the row of a binary operator over all numbers.
func arithmetic(name string) Op {
	return Op{Name: name, infer: inferBroadcast, versions: []version{
		{since: 7, sig: "A:T B:T -> C:T", types: types{"T": floats | wide}},
		{since: 13, types: types{"T": floats | bf16 | wide}},
		{since: 14, types: types{"T": floats | bf16 | ints | uints}},
	}}
}
