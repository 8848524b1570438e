package eval

import (
	"math"
	"reflect"
	"testing"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/tensor"
)

func floats(shape []int, v ...float32) *tensor.Tensor { return tensor.Of(v, shape...) }

func int64s(v ...int64) *tensor.Tensor { return tensor.Of(v, len(v)) }

// counted is 1, 2, 3 … in a shape.
func counted(shape ...int) *tensor.Tensor {
	t := tensor.New(tensor.Float32, shape...)
	for i := range tensor.Data[float32](t) {
		tensor.Data[float32](t)[i] = float32(i + 1)
	}
	return t
}

// TestValues has results computed by hand, of the first output.
func TestValues(t *testing.T) {
	type in = []*tensor.Tensor
	for _, c := range []struct {
		name  string
		opset int
		attrs ops.Attrs
		in    in
		shape tensor.Shape
		want  any
	}{
		{"Add", 17, nil, in{counted(2, 1), counted(3)}, tensor.Shape{2, 3}, []float32{2, 3, 4, 3, 4, 5}},
		{"Sub", 17, nil, in{tensor.Of([]uint8{1}), tensor.Of([]uint8{2})}, tensor.Shape{}, []uint8{255}},
		{"Mul", 17, nil, in{tensor.Of([]int8{100}, 1), tensor.Of([]int8{3}, 1)}, tensor.Shape{1}, []int8{44}},
		{"Div", 17, nil, in{tensor.Of([]int32{-7, 7, math.MinInt32}, 3), tensor.Of([]int32{2, -2, -1}, 3)}, tensor.Shape{3}, []int32{-3, -3, math.MinInt32}},
		{"Max", 17, nil, in{counted(3), floats([]int{}, 2), floats([]int{2, 1}, 0, 9)}, tensor.Shape{2, 3}, []float32{2, 2, 3, 9, 9, 9}},
		{"Min", 17, nil, in{counted(3), floats([]int{}, 2)}, tensor.Shape{3}, []float32{1, 2, 2}},
		{"Equal", 17, nil, in{counted(3), floats([]int{1}, 2)}, tensor.Shape{3}, []bool{false, true, false}},
		{"Where", 17, nil, in{tensor.Of([]bool{true, false}, 2, 1), counted(2), floats([]int{}, 0)}, tensor.Shape{2, 2}, []float32{1, 2, 0, 0}},
		{"Clip", 17, nil, in{counted(4), nil, floats([]int{}, 2)}, tensor.Shape{4}, []float32{1, 2, 2, 2}},
		{"Clip", 17, nil, in{counted(4), floats([]int{}, 3), floats([]int{}, 2)}, tensor.Shape{4}, []float32{2, 2, 2, 2}},
		{"Clip", 17, nil, in{tensor.Of([]uint64{1, math.MaxUint64}, 2), tensor.Of([]uint64{7}), nil}, tensor.Shape{2}, []uint64{7, math.MaxUint64}},
		{"BatchNormalization", 17, ops.Attrs{"epsilon": float32(1)}, in{counted(1, 2, 2), floats([]int{2}, 2, 1), floats([]int{2}, 0, 5), floats([]int{2}, 1, 0), floats([]int{2}, 3, 0)},
			tensor.Shape{1, 2, 2}, []float32{0, 1, 8, 9}},
		{"GlobalAveragePool", 17, nil, in{counted(1, 2, 1, 3)}, tensor.Shape{1, 2, 1, 1}, []float32{2, 5}},
		{"MaxPool", 17, ops.Attrs{"kernel_shape": []int64{2, 2}, "strides": []int64{2, 1}, "pads": []int64{1, 0, 0, 1}}, in{counted(1, 1, 3, 2)},
			tensor.Shape{1, 1, 2, 2}, []float32{2, 2, 6, 6}},
		{"MaxPool", 17, ops.Attrs{"kernel_shape": []int64{2}, "dilations": []int64{2}}, in{floats([]int{1, 2, 3}, -1, 9, -3, -5, 9, float32(math.Inf(-1)))},
			tensor.Shape{1, 2, 1}, []float32{-1, -5}},
		{"MaxPool", 12, ops.Attrs{"kernel_shape": []int64{3}, "auto_pad": "SAME_LOWER"}, in{tensor.Of([]int8{-7, -9, -8}, 1, 1, 3)}, tensor.Shape{1, 1, 3}, []int8{-7, -7, -8}},
		{"MaxRoiPool", 22, ops.Attrs{"pooled_shape": []int64{1, 2}, "spatial_scale": float32(0.5)},
			in{counted(2, 1, 2, 3), floats([]int{3, 5}, 1, 1, 0, 3, 0.5, 0, 3, 1, 1, 0, 0.9, -9, 0, -4, 9)}, tensor.Shape{3, 1, 1, 2}, []float32{8, 9, 6, 6, 0, 0}},
		{"ReduceMean", 13, ops.Attrs{"axes": []int64{-2}, "keepdims": int64(0)}, in{counted(2, 3)}, tensor.Shape{3}, []float32{2.5, 3.5, 4.5}},
		{"ReduceMean", 18, nil, in{counted(2, 3), int64s(1)}, tensor.Shape{2, 1}, []float32{2, 5}},
		{"ReduceMean", 18, ops.Attrs{"noop_with_empty_axes": int64(1)}, in{counted(2)}, tensor.Shape{2}, []float32{1, 2}},
		{"ReduceMean", 13, nil, in{tensor.Of([]int32{-3, -4}, 2)}, tensor.Shape{1}, []int32{-3}},
		{"Resize", 10, nil, in{counted(1, 1, 2, 4), floats([]int{4}, 1, 1, .6, .6)}, tensor.Shape{1, 1, 1, 2}, []float32{1, 3}},
		{"Resize", 13, ops.Attrs{"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}, in{counted(1, 1, 2, 4), nil, floats([]int{4}, 1, 1, .6, .6)},
			tensor.Shape{1, 1, 1, 2}, []float32{1, 2}},
		{"Softmax", 13, nil, in{floats([]int{2, 2}, 0, 0, 7, 7)}, tensor.Shape{2, 2}, []float32{.5, .5, .5, .5}},
		{"Softmax", 11, nil, in{floats([]int{1, 2, 2}, 3, 3, 3, 3)}, tensor.Shape{1, 2, 2}, []float32{.25, .25, .25, .25}},
		{"Gemm", 17, ops.Attrs{"alpha": float32(2), "beta": float32(10), "transB": int64(1)}, in{counted(1, 2), counted(2, 2), counted(2)}, tensor.Shape{1, 2}, []float32{20, 42}},
		{"Gemm", 17, ops.Attrs{"transA": int64(1)}, in{tensor.Of([]int32{1, 2}, 2, 1), tensor.Of([]int32{3, 4}, 2, 1), tensor.Of([]int32{5})}, tensor.Shape{1, 1}, []int32{16}},
		{"MatMul", 17, nil, in{counted(2, 1, 2), counted(2, 1)}, tensor.Shape{2, 1, 1}, []float32{5, 11}},
		{"MatMul", 17, nil, in{counted(2), counted(2, 2)}, tensor.Shape{2}, []float32{7, 10}},
		{"MatMul", 17, nil, in{tensor.New(tensor.Float32, 2, 0), tensor.New(tensor.Float32, 0, 1)}, tensor.Shape{2, 1}, []float32{0, 0}},
		// 3·1.1666666 is 3.5 in float32, and less in float64.
		{"QLinearMatMul", 17, nil, in{tensor.Of([]uint8{3}, 1, 1), floats([]int{}, 1.1666666), tensor.Of([]uint8{0}), tensor.Of([]int8{1}, 1, 1), floats([]int{}, 1), tensor.Of([]int8{0}),
			floats([]int{}, 1), tensor.Of([]uint8{0})}, tensor.Shape{1, 1}, []uint8{4}},
		{"Concat", 17, ops.Attrs{"axis": int64(-1)}, in{counted(2, 1), counted(2, 2)}, tensor.Shape{2, 3}, []float32{1, 1, 2, 2, 3, 4}},
		{"Split", 13, ops.Attrs{"axis": int64(1)}, in{counted(2, 3), int64s(2, 1)}, tensor.Shape{2, 2}, []float32{1, 2, 4, 5}},
		{"Transpose", 17, nil, in{counted(2, 3)}, tensor.Shape{3, 2}, []float32{1, 4, 2, 5, 3, 6}},
		{"Transpose", 17, ops.Attrs{"perm": []int64{1, 2, 0}}, in{counted(2, 1, 2)}, tensor.Shape{1, 2, 2}, []float32{1, 3, 2, 4}},
		{"Reshape", 17, nil, in{counted(2, 3), int64s(0, -1, 1)}, tensor.Shape{2, 3, 1}, []float32{1, 2, 3, 4, 5, 6}},
		{"Flatten", 17, ops.Attrs{"axis": int64(-1)}, in{counted(1, 2, 2)}, tensor.Shape{2, 2}, []float32{1, 2, 3, 4}},
		{"Squeeze", 13, nil, in{counted(1, 2, 1), int64s(-1)}, tensor.Shape{1, 2}, []float32{1, 2}},
		{"Unsqueeze", 13, nil, in{counted(2), int64s(-1, 0)}, tensor.Shape{1, 2, 1}, []float32{1, 2}},
		{"Gather", 17, ops.Attrs{"axis": int64(1)}, in{counted(2, 3), int64s(-1, 0)}, tensor.Shape{2, 2}, []float32{3, 1, 6, 4}},
		{"Gather", 17, nil, in{tensor.Of([]string{"a", "b"}, 2), tensor.Of([]int32{1})}, tensor.Shape{}, []string{"b"}},
		{"Slice", 17, nil, in{counted(2, 4), int64s(-1), int64s(-100), int64s(1), int64s(-2)}, tensor.Shape{2, 2}, []float32{4, 2, 8, 6}},
		{"Slice", 17, nil, in{counted(4), int64s(1), int64s(1 << 62)}, tensor.Shape{3}, []float32{2, 3, 4}},
		{"Expand", 17, nil, in{counted(2, 1), int64s(1, 2)}, tensor.Shape{2, 2}, []float32{1, 1, 2, 2}},
		{"ConstantOfShape", 17, ops.Attrs{"value": tensor.Of([]int8{7}, 1)}, in{int64s(2)}, tensor.Shape{2}, []int8{7, 7}},
		{"Pad", 17, nil, in{counted(1, 2), int64s(1, 1, 0, 0), floats([]int{}, 9)}, tensor.Shape{2, 3}, []float32{9, 9, 9, 9, 1, 2}},
		{"Pad", 18, ops.Attrs{"mode": "reflect"}, in{counted(2, 3), int64s(2, 1), nil, int64s(-1)}, tensor.Shape{2, 6}, []float32{3, 2, 1, 2, 3, 2, 6, 5, 4, 5, 6, 5}},
		{"Pad", 17, ops.Attrs{"mode": "edge"}, in{counted(2, 2), int64s(1, 0, 0, 1)}, tensor.Shape{3, 3}, []float32{1, 2, 2, 1, 2, 2, 3, 4, 4}},
		{"Pad", 19, ops.Attrs{"mode": "wrap"}, in{counted(3), int64s(-1, 3)}, tensor.Shape{5}, []float32{2, 3, 2, 3, 2}},
		{"Shape", 15, ops.Attrs{"start": int64(-2)}, in{counted(4, 2, 3)}, tensor.Shape{2}, []int64{2, 3}},
		{"Constant", 13, ops.Attrs{"value_strings": []string{"a"}}, nil, tensor.Shape{1}, []string{"a"}},
		{"Identity", 17, nil, in{tensor.Of([]complex64{1i}, 1)}, tensor.Shape{1}, []complex64{1i}},
		{"Dropout", 17, nil, in{counted(2)}, tensor.Shape{2}, []float32{1, 2}},
		{"Abs", 17, nil, in{tensor.Of([]int16{-3, 3}, 2)}, tensor.Shape{2}, []int16{3, 3}},
		{"Neg", 17, nil, in{counted(2)}, tensor.Shape{2}, []float32{-1, -2}},
		{"Sqrt", 17, nil, in{floats([]int{2}, 4, 9)}, tensor.Shape{2}, []float32{2, 3}},
		{"Exp", 17, nil, in{floats([]int{1}, 0)}, tensor.Shape{1}, []float32{1}},
		{"Floor", 17, nil, in{floats([]int{2}, 1.5, -1.5)}, tensor.Shape{2}, []float32{1, -2}},
		{"Ceil", 17, nil, in{floats([]int{2}, 1.5, -1.5)}, tensor.Shape{2}, []float32{2, -1}},
		{"Swish", 24, ops.Attrs{"alpha": float32(0)}, in{counted(2)}, tensor.Shape{2}, []float32{.5, 1}},
		{"HardSigmoid", 17, ops.Attrs{"alpha": float32(.25), "beta": float32(.5)}, in{floats([]int{3}, -9, 1, 9)}, tensor.Shape{3}, []float32{0, .75, 1}},
		{"HardSwish", 17, nil, in{floats([]int{3}, -4, 0, 4)}, tensor.Shape{3}, []float32{0, 0, 4}},
		{"CastLike", 17, nil, in{floats([]int{1}, 2.9), tensor.New(tensor.Uint8)}, tensor.Shape{1}, []uint8{2}},
	} {
		outputs := 1
		if c.name == "Split" {
			outputs = 2
		}
		out, err := call(t, c.name, c.opset, outputs, c.attrs, c.in...)
		if err != nil {
			t.Errorf("%s %v: %v", c.name, c.attrs, err)
			continue
		}
		if !out[0].Shape.Equal(c.shape) || !reflect.DeepEqual(out[0].Data, c.want) {
			t.Errorf("%s %v: %s %v, want %s %v", c.name, c.attrs, out[0].Shape, out[0].Data, c.shape, c.want)
		}
	}
}

// TestSpecialValues has what ONNX Runtime makes of NaN, infinities and -0.
func TestSpecialValues(t *testing.T) {
	nan, inf, zero := math.NaN(), math.Inf(1), math.Copysign(0, -1)
	x := []float64{nan, -1, 0, zero, 1, inf, -inf}
	scalar := func(v float64) *tensor.Tensor { return tensor.Of([]float64{v}) }
	for _, c := range []struct {
		name string
		rest []*tensor.Tensor
		want []float64
	}{
		{"Relu", nil, []float64{nan, 0, 0, zero, 1, inf, 0}},
		{"Sigmoid", nil, []float64{nan, 1 / (1 + math.E), .5, .5, 1 / (1 + 1/math.E), 1, 0}},
		{"HardSwish", nil, []float64{nan, -1./3 - 0x1p-54, 0, zero, 2. / 3, inf, nan}},
		{"Swish", nil, []float64{nan, -1 / (1 + math.E), 0, zero, 1 / (1 + 1/math.E), inf, nan}},
		{"Clip", []*tensor.Tensor{scalar(-.5), scalar(.5)}, []float64{nan, -.5, 0, zero, .5, .5, -.5}},
		{"Clip", []*tensor.Tensor{scalar(nan), scalar(.5)}, []float64{nan, -1, 0, zero, .5, .5, -inf}}, // NaN bounds nothing
		{"Clip", nil, []float64{nan, -1, 0, zero, 1, math.MaxFloat64, -math.MaxFloat64}},
		{"Max", []*tensor.Tensor{scalar(0)}, []float64{nan, 0, 0, zero, 1, inf, 0}},
		{"Min", []*tensor.Tensor{scalar(nan)}, []float64{nan, nan, nan, nan, nan, nan, nan}},
	} {
		out, err := call(t, c.name, 24, 1, nil, append([]*tensor.Tensor{tensor.Of(x, len(x))}, c.rest...)...)
		if err != nil {
			t.Fatal(err)
		}
		if got := tensor.Data[float64](out[0]); !sameFloats(got, c.want) {
			t.Errorf("%s %v:\n got %v\nwant %v", c.name, c.rest, got, c.want)
		}
	}
}

// TestDivideByZero checks the one division that has no result.
func TestDivideByZero(t *testing.T) {
	if _, err := call(t, "Div", 17, 1, nil, int64s(1), int64s(0)); err == nil {
		t.Error("an integer was divided by zero")
	}
	out, err := call(t, "Div", 17, 1, nil, counted(1), floats([]int{1}, 0))
	if err != nil || !math.IsInf(at(out[0], 0), 1) {
		t.Errorf("1/0 is %v, error %v", out, err)
	}
}

// TestHalfArithmetic checks that a 16-bit result is rounded once, from float64.
func TestHalfArithmetic(t *testing.T) {
	for _, c := range []struct {
		d      tensor.DType
		encode func(float64) uint16
	}{{tensor.Float16, tensor.Float16bits}, {tensor.BFloat16, tensor.BFloat16bits}} {
		x := &tensor.Tensor{DType: c.d, Shape: tensor.Shape{2}, Data: []uint16{c.encode(3), c.encode(-1)}}
		w := &tensor.Tensor{DType: c.d, Shape: tensor.Shape{2}, Data: []uint16{c.encode(7), c.encode(11)}}
		out, err := call(t, "Div", 17, 1, nil, x, w)
		if err != nil {
			t.Fatal(err)
		}
		if got := tensor.Data[uint16](out[0]); got[0] != c.encode(3./7) || got[1] != c.encode(-1./11) {
			t.Errorf("%s: %#04x", c.d, got)
		}
		if out, err = call(t, "MatMul", 17, 1, nil, x, w); err != nil {
			t.Fatal(err)
		}
		if got := tensor.Data[uint16](out[0])[0]; got != c.encode(10) {
			t.Errorf("%s: product %#04x", c.d, got)
		}
	}
}

func TestCast(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	special := tensor.Of([]float32{nan, 300, -300, 1e10, -1e20, inf, -inf, 2.7, -2.7}, 9)
	whole := tensor.Of([]int64{1<<53 + 1, -129, 300, math.MinInt64, math.MaxInt64}, 5)
	for _, c := range []struct {
		in   *tensor.Tensor
		to   tensor.DType
		want any
	}{
		{special, tensor.Int8, []int8{0, 127, -128, 127, -128, 127, -128, 2, -2}},
		{special, tensor.Uint8, []uint8{0, 255, 0, 255, 0, 255, 0, 2, 0}},
		{special, tensor.Int32, []int32{0, 300, -300, math.MaxInt32, math.MinInt32, math.MaxInt32, math.MinInt32, 2, -2}},
		{special, tensor.Int64, []int64{0, 300, -300, 1e10, math.MinInt64, math.MaxInt64, math.MinInt64, 2, -2}},
		{special, tensor.Uint64, []uint64{0, 300, 0, 1e10, 0, math.MaxUint64, 0, 2, 0}},
		{special, tensor.Bool, []bool{true, true, true, true, true, true, true, true, true}},
		{special, tensor.String, []string{"NaN", "300", "-300", "1e+10", "-1e+20", "INF", "-INF", "2.7", "-2.7"}},
		{whole, tensor.Int8, []int8{1, 127, 44, 0, -1}},
		{whole, tensor.Uint16, []uint16{1, 65407, 300, 0, 65535}},
		{whole, tensor.Float32, []float32{1 << 53, -129, 300, -1 << 63, 1 << 63}},
		{whole, tensor.Bool, []bool{true, true, true, true, true}},
		{tensor.Of([]bool{true, false}, 2), tensor.Float64, []float64{1, 0}},
		{tensor.Of([]bool{true, false}, 2), tensor.String, []string{"1", "0"}},
		{tensor.Of([]uint64{math.MaxUint64}, 1), tensor.Float64, []float64{1 << 64}},
		{tensor.Of([]string{"1", "-2.5", "1e3", "+INF"}, 4), tensor.Float32, []float32{1, -2.5, 1000, inf}},
		{tensor.Of([]string{" 12", "-3"}, 2), tensor.Int16, []int16{12, -3}},
		{tensor.Of([]int64{1<<56 + 1<<48 + 1}, 1), tensor.BFloat16, []uint16{tensor.BFloat16bits(1<<56 + 1<<49)}},
	} {
		out, err := call(t, "Cast", 17, 1, ops.Attrs{"to": int64(c.to)}, c.in)
		if err != nil {
			t.Errorf("%s to %s: %v", c.in.DType, c.to, err)
		} else if !reflect.DeepEqual(out[0].Data, c.want) {
			t.Errorf("%s to %s: %v, want %v", c.in.DType, c.to, out[0].Data, c.want)
		}
	}
	if _, err := call(t, "Cast", 17, 1, ops.Attrs{"to": int64(tensor.Int32)}, tensor.Of([]string{"x"}, 1)); err == nil {
		t.Error(`"x" became an int32`)
	}
}
