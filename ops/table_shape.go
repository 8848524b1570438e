package ops

// shapeOps move data without changing it, or tell about shapes.
var shapeOps = []Op{
	{Name: "Split", infer: inferSplit, versions: []version{
		{since: 11, sig: "input:T -> outputs...:T", types: types{"T": any1}, attrs: []AttrSpec{intAttr("axis", 0), attr("split", Ints)}},
		{since: 13, sig: "input:T split?:int64 -> outputs...:T", types: types{"T": any13}, attrs: []AttrSpec{intAttr("axis", 0)}},
		{since: 18, attrs: []AttrSpec{intAttr("axis", 0), attr("num_outputs", Int)}},
	}},
}
