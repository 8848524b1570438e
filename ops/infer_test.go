package ops

import (
	"testing"

	"github.com/mixconv/mixconv/tensor"
)

// TestInfer checks shapes, mostly with dimensions that are not known.
func TestInfer(t *testing.T) {
	lists := func(n int) Type { return Type{DType: tensor.Int64, Shape: tensor.Shape{n}} } // values not known
	noRank := Type{DType: tensor.Float32}
	for _, c := range []struct {
		name  string
		opset int
		attrs Attrs
		in    []Type
		want  string
	}{
		{"Conv", 17, nil, []Type{f32(u, 3, 9, u), f32(8, 3, 3, 3)}, "[?,8,7,?]"},
		{"Conv", 17, nil, []Type{f32(u, 3, 9, 9), f32(8, u, 3, 3)}, "[?,8,7,7]"},
		{"Conv", 17, nil, []Type{noRank, f32(8, 3, 3, 3)}, "[…]"},
		{"Conv", 17, Attrs{"auto_pad": "SAME_UPPER", "strides": []int64{2, 2}}, []Type{f32(1, 3, 9, u), f32(8, 3, 3, 3)}, "[1,8,5,?]"},
		{"Conv", 17, Attrs{"strides": []int64{1<<63 - 1, 1}}, []Type{f32(1, 3, 9, 9), f32(8, 3, 3, 3)}, "[1,8,1,7]"},
		{"Conv", 17, nil, []Type{f32(1, 3, 9, 9), f32(0, 3, 3, 3)}, "[1,0,7,7]"},
		{"Add", 17, nil, []Type{f32(u, 1), f32(3, 1, 4)}, "[3,?,4]"},
		{"Add", 17, nil, []Type{f32(u), f32(1)}, "[?]"},
		{"Add", 17, nil, []Type{f32(u), noRank}, "[…]"},
		{"Concat", 17, Attrs{"axis": int64(1)}, []Type{f32(u, 2), f32(3, 4)}, "[3,6]"},
		{"Concat", 17, Attrs{"axis": int64(-1)}, []Type{f32(3, 2), f32(3, u)}, "[3,?]"},
		{"Reshape", 17, nil, []Type{f32(u, 8, 1, 1), list(0, -1)}, "[?,8]"},
		{"Reshape", 17, nil, []Type{f32(u, 8, 1, 1), list(-1, 8)}, "[?,8]"},
		{"Reshape", 17, nil, []Type{f32(2, 8, 1, 1), list(0, -1)}, "[2,8]"},
		{"Reshape", 17, nil, []Type{f32(0, 3), list(0, 3)}, "[0,3]"},
		{"Reshape", 17, Attrs{"allowzero": int64(1)}, []Type{f32(0, 3), list(3, 0)}, "[3,0]"},
		{"Reshape", 17, nil, []Type{f32(2, 8), lists(3)}, "[?,?,?]"},
		{"Reshape", 17, nil, []Type{noRank, list(0, 3, -1)}, "[?,3,?]"},
		{"Reshape", 17, nil, []Type{f32(3, u, 4), list(3, 0)}, "[3,?]"}, // only a ? of 0 fits, and it may be 0
		{"Flatten", 17, nil, []Type{f32(u, 3, 4)}, "[?,12]"},
		{"Flatten", 17, Attrs{"axis": int64(0)}, []Type{f32(2, 3)}, "[1,6]"},
		{"Transpose", 17, Attrs{"perm": []int64{0, 2, 3, 1}}, []Type{f32(u, 3, 4, 5)}, "[?,4,5,3]"},
		{"Transpose", 17, nil, []Type{f32(2, u)}, "[?,2]"},
		{"Squeeze", 11, Attrs{"axes": []int64{-1}}, []Type{f32(u, 3, 1)}, "[?,3]"},
		{"Squeeze", 17, nil, []Type{f32(1, 3, 1)}, "[3]"},
		{"Squeeze", 17, nil, []Type{f32(1, u)}, "[…]"},
		{"Unsqueeze", 11, Attrs{"axes": []int64{0, -1}}, []Type{f32(u)}, "[1,?,1]"},
		{"Unsqueeze", 17, nil, []Type{f32(3), lists(2)}, "[?,?,?]"},
		{"Gather", 17, Attrs{"axis": int64(1)}, []Type{f32(u, 3), lists(5)}, "[?,5]"},
		{"Slice", 17, nil, []Type{f32(u, 9), list(1), list(-1), list(1), list(3)}, "[?,3]"},
		{"Slice", 17, nil, []Type{f32(u, 9), list(-1), list(-100), list(1), list(-4)}, "[?,3]"},
		{"Slice", 17, nil, []Type{f32(9), list(8), list(-1 << 63), list(0), list(-1 << 63)}, "[1]"},
		{"Slice", 17, nil, []Type{f32(u, 9), lists(1), list(1)}, "[?,?]"},
		{"Pad", 17, nil, []Type{f32(u, 3), list(0, 1, 0, 2)}, "[?,6]"},
		{"Pad", 18, nil, []Type{f32(u, 3), list(1, -2), {}, list(-1)}, "[?,2]"},
		{"Expand", 17, nil, []Type{f32(3, 1), list(2, 1, 4)}, "[2,3,4]"},
		{"ConstantOfShape", 17, nil, []Type{lists(2)}, "[?,?]"},
		{"ReduceMean", 17, Attrs{"axes": []int64{-1, 2}, "keepdims": int64(0)}, []Type{f32(u, 3, 4, 5)}, "[?,3]"},
		{"ReduceMean", 18, nil, []Type{f32(u, 3), lists(1)}, "[?,?]"},
		{"ReduceMean", 18, Attrs{"noop_with_empty_axes": int64(1)}, []Type{f32(u, 3)}, "[?,3]"},
		{"GlobalAveragePool", 17, nil, []Type{f32(u, 3, u, 5)}, "[?,3,1,1]"},
		{"MaxPool", 17, Attrs{"kernel_shape": []int64{3, 3}, "strides": []int64{2, 2}, "pads": []int64{1, 1, 1, 1}}, []Type{f32(u, 8, 9, u)}, "[?,8,5,?]"},
		{"MaxPool", 17, Attrs{"kernel_shape": []int64{3, 3}, "auto_pad": "SAME_UPPER"}, []Type{f32(u, 8, 9, 4)}, "[?,8,9,4]"},
		{"MaxPool", 17, Attrs{"kernel_shape": []int64{3}}, []Type{noRank}, "[…]"},
		{"Gemm", 17, Attrs{"transB": int64(1)}, []Type{f32(u, 3), f32(7, 3), f32(7)}, "[?,7]"},
		{"MatMul", 17, nil, []Type{f32(u, 2, 3), f32(3, 4)}, "[?,2,4]"},
		{"MatMul", 17, nil, []Type{f32(3), f32(3)}, "[]"},
		{"BatchNormalization", 17, nil, []Type{f32(u, u, 4), f32(3), f32(3), f32(3), f32(3)}, "[?,?,4]"},
		{"Where", 17, nil, []Type{{DType: tensor.Bool, Shape: tensor.Shape{2, 1}}, f32(3), f32()}, "[2,3]"},
	} {
		out, err := infer(c.name, c.opset, 1, c.attrs, c.in...)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := out[0].Shape.String(); got != c.want {
			t.Errorf("%s %v %v: shape %s, want %s", c.name, c.attrs, c.in, got, c.want)
		}
	}
}

func TestInferSplit(t *testing.T) {
	for _, c := range []struct {
		opset, outputs int
		attrs          Attrs
		in             []Type
		want           []string
	}{
		{11, 2, Attrs{"split": []int64{1, 3}, "axis": int64(1)}, []Type{f32(u, 4)}, []string{"[?,1]", "[?,3]"}},
		{11, 2, nil, []Type{f32(4)}, []string{"[2]", "[2]"}},
		{13, 2, Attrs{"axis": int64(-1)}, []Type{f32(u, 4), list(4, 0)}, []string{"[?,4]", "[?,0]"}},
		{18, 3, Attrs{"num_outputs": int64(3)}, []Type{f32(7)}, []string{"[3]", "[3]", "[1]"}},
		{18, 2, Attrs{"num_outputs": int64(2)}, []Type{f32(u)}, []string{"[?]", "[?]"}},
	} {
		out, err := infer("Split", c.opset, c.outputs, c.attrs, c.in...)
		if err != nil {
			t.Error(err)
			continue
		}
		for i, want := range c.want {
			if got := out[i].Shape.String(); got != want {
				t.Errorf("opset %d, output %d: %s, want %s", c.opset, i, got, want)
			}
		}
	}
}

func TestInferValues(t *testing.T) {
	out, err := infer("Shape", 17, 1, Attrs{"start": int64(1), "end": int64(-1)}, f32(u, 3, 4, u))
	if err != nil {
		t.Fatal(err)
	}
	if v := out[0].Value; v == nil || v.DType != tensor.Int64 || len(tensor.Data[int64](v)) != 2 || tensor.Data[int64](v)[1] != 4 {
		t.Errorf("Shape is %v, want [3 4]", v)
	}
	out, err = infer("Shape", 17, 1, nil, f32(u, 3))
	if err != nil || out[0].Value != nil || out[0].Shape.String() != "[2]" {
		t.Errorf("Shape of [?,3] is %v, error %v", out, err)
	}
	out, err = infer("Constant", 17, 1, Attrs{"value_ints": []int64{1, 2}})
	if err != nil || out[0].Value == nil || out[0].Shape.String() != "[2]" {
		t.Errorf("Constant is %v, error %v", out, err)
	}
}
