package ops

import "github.com/mixconv/mixconv/tensor"

// shapeOps move data without changing it, make it, convert its type, or tell
// about shapes.
var shapeOps = []Op{
	{Name: "Cast", infer: inferCast, versions: []version{
		{since: 9, sig: "input:T1 -> output:T2", types: castTypes(castable), attrs: []AttrSpec{required("to", Int)}},
		{since: 13, types: castTypes(castable | bf16)},
		{since: 19, types: castTypes(any19 &^ complexes), attrs: []AttrSpec{intAttr("saturate", 1), required("to", Int)}},
		{since: 21, types: castTypes(any21 &^ complexes)},
		{since: 23, types: castTypes(any23 &^ complexes)},
		{since: 24, types: castTypes(any24 &^ complexes), attrs: []AttrSpec{stringAttr("round_mode", "up"), intAttr("saturate", 1), required("to", Int)}},
		{since: 25, types: castTypes(any25 &^ complexes)},
		{since: 28, types: castTypes(any25&^complexes | float6)},
	}},
	{Name: "CastLike", infer: inferCastLike, versions: []version{
		{since: 15, sig: "input:T1 target_type:T2 -> output:T2", types: castTypes(castable | bf16)},
		{since: 19, types: castTypes(any19 &^ complexes), attrs: []AttrSpec{intAttr("saturate", 1)}},
		{since: 21, types: castTypes(any21 &^ complexes)},
		{since: 23, types: castTypes(any23 &^ complexes)},
		{since: 24, types: castTypes(any24 &^ complexes), attrs: []AttrSpec{stringAttr("round_mode", "up"), intAttr("saturate", 1)}},
		{since: 25, types: castTypes(any25 &^ complexes)},
	}},
	{Name: "Concat", infer: inferConcat, versions: []version{
		{since: 11, sig: "inputs...:T -> concat_result:T", types: t1, attrs: []AttrSpec{required("axis", Int)}},
		{since: 13, types: t13},
	}},
	{Name: "Constant", infer: inferConstant, versions: []version{
		{since: 11, sig: "-> output:T", types: t1, attrs: []AttrSpec{attr("sparse_value", SparseTensor), attr("value", Tensor)}},
		{since: 12, attrs: []AttrSpec{attr("sparse_value", SparseTensor), attr("value", Tensor), attr("value_float", Float), attr("value_floats", Floats),
			attr("value_int", Int), attr("value_ints", Ints), attr("value_string", String), attr("value_strings", Strings)}},
		{since: 13, types: t13},
		{since: 19, types: t19},
		{since: 21, types: t21}, {since: 23, types: t23}, {since: 24, types: t24}, {since: 25, types: t25},
	}},
	{Name: "ConstantOfShape", infer: inferConstantOfShape, versions: []version{
		{since: 9, sig: "input:T1 -> output:T2", types: types{"T1": set(tensor.Int64), "T2": castable &^ text}, attrs: []AttrSpec{attr("value", Tensor)}},
		{since: 20, types: types{"T2": any19 &^ complexes &^ text}},
		{since: 21, types: types{"T2": any21 &^ complexes &^ text}},
		{since: 23, types: types{"T2": any23 &^ complexes &^ text}},
		{since: 24, types: types{"T2": any24 &^ complexes &^ text}},
		{since: 25, types: types{"T2": any25 &^ complexes &^ text}},
	}},
	{Name: "Expand", infer: inferExpand, versions: []version{
		{since: 8, sig: "input:T shape:int64 -> output:T", types: t1},
		{since: 13, types: t13},
	}},
	{Name: "Flatten", infer: inferFlatten, versions: []version{
		{since: 11, sig: "input:T -> output:T", types: t1, attrs: []AttrSpec{intAttr("axis", 1)}},
		{since: 13, types: t13},
		{since: 21, types: t21}, {since: 23, types: t23}, {since: 24, types: t24}, {since: 25, types: t25},
	}},
	{Name: "Gather", infer: inferGather, versions: []version{
		{since: 11, sig: "data:T indices:Tind -> output:T", types: types{"T": any1, "Tind": indices}, attrs: []AttrSpec{intAttr("axis", 0)}},
		{since: 13, types: t13},
	}},
	{Name: "Identity", infer: inferSame, versions: []version{
		{since: 1, sig: "input:T -> output:T", types: t1},
		{since: 13, types: t13},
		{since: 14, sig: "input:V -> output:V", types: types{"V": any13}},
		{since: 16},
		{since: 19, types: types{"V": any19}},
		{since: 21, types: types{"V": any21}},
		{since: 23, types: types{"V": any23}},
		{since: 24, types: types{"V": any24}},
		{since: 25, types: types{"V": any25}},
	}},
	{Name: "Pad", infer: inferPad, versions: []version{
		{since: 11, sig: "data:T pads:int64 constant_value?:T -> output:T", types: types{"T": floats | ints | uints}, attrs: []AttrSpec{stringAttr("mode", "constant")}},
		{since: 13, types: t13},
		{since: 18, sig: "data:T pads:int64 constant_value?:T axes?:Tind -> output:T", types: types{"Tind": indices}},
		{since: 19},
		{since: 21, types: t21}, {since: 23, types: t23}, {since: 24, types: t24}, {since: 25, types: t25},
	}},
	{Name: "Reshape", infer: inferReshape, versions: []version{
		{since: 5, sig: "data:T shape:int64 -> reshaped:T", types: t1},
		{since: 13, types: t13},
		{since: 14, attrs: []AttrSpec{intAttr("allowzero", 0)}},
		{since: 19, types: t19},
		{since: 21, types: t21}, {since: 23, types: t23}, {since: 24, types: t24}, {since: 25, types: t25},
	}},
	{Name: "Shape", infer: inferShape, versions: []version{
		{since: 1, sig: "data:T -> shape:T1", types: types{"T": any1, "T1": set(tensor.Int64)}},
		{since: 13, types: t13},
		{since: 15, attrs: []AttrSpec{attr("end", Int), intAttr("start", 0)}},
		{since: 19, types: t19},
		{since: 21, types: t21}, {since: 23, types: t23}, {since: 24, types: t24}, {since: 25, types: t25},
	}},
	{Name: "Slice", infer: inferSlice, versions: []version{
		{since: 11, sig: "data:T starts:Tind ends:Tind axes?:Tind steps?:Tind -> output:T", types: types{"T": any1, "Tind": indices}},
		{since: 13, types: t13},
	}},
	{Name: "Split", infer: inferSplit, versions: []version{
		{since: 11, sig: "input:T -> outputs...:T", types: t1, attrs: []AttrSpec{intAttr("axis", 0), attr("split", Ints)}},
		{since: 13, sig: "input:T split?:int64 -> outputs...:T", types: t13, attrs: []AttrSpec{intAttr("axis", 0)}},
		{since: 18, attrs: []AttrSpec{intAttr("axis", 0), attr("num_outputs", Int)}},
	}},
	{Name: "Squeeze", infer: inferSqueeze, versions: []version{
		{since: 11, sig: "data:T -> squeezed:T", types: t1, attrs: []AttrSpec{attr("axes", Ints)}},
		{since: 13, sig: "data:T axes?:int64 -> squeezed:T", types: t13, attrs: none},
		{since: 21, types: t21}, {since: 23, types: t23}, {since: 24, types: t24}, {since: 25, types: t25},
	}},
	{Name: "Transpose", infer: inferTranspose, versions: []version{
		{since: 1, sig: "data:T -> transposed:T", types: t1, attrs: []AttrSpec{attr("perm", Ints)}},
		{since: 13, types: t13},
		{since: 21, types: t21}, {since: 23, types: t23}, {since: 24, types: t24}, {since: 25, types: t25},
	}},
	{Name: "Unsqueeze", infer: inferUnsqueeze, versions: []version{
		{since: 11, sig: "data:T -> expanded:T", types: t1, attrs: []AttrSpec{required("axes", Ints)}},
		{since: 13, sig: "data:T axes:int64 -> expanded:T", types: t13, attrs: none},
		{since: 21, types: t21}, {since: 23, types: t23}, {since: 24, types: t24}, {since: 25, types: t25},
	}},
	{Name: "Where", infer: inferBroadcast, versions: []version{
		{since: 9, sig: "condition:B X:T Y:T -> output:T", types: types{"B": truth, "T": any1}},
		{since: 16, types: t13},
	}},
}

// castTypes is for the two types that a conversion goes between.
func castTypes(s dtypes) types { return types{"T1": s, "T2": s} }
