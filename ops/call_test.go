package ops

import (
	"errors"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/tensor"
)

const u = tensor.Unknown

// f32 is the type of float32 values of a shape; no arguments make a scalar.
func f32(shape ...int) Type {
	return Type{DType: tensor.Float32, Shape: append(tensor.Shape{}, shape...)}
}

// list is a known list of int64.
func list(v ...int64) Type { return TypeOf(tensor.Of(v, len(v))) }

// infer looks up, checks and infers.
func infer(name string, opset, outputs int, attrs Attrs, in ...Type) ([]Type, error) {
	op, version, err := Lookup("", name, opset)
	if err != nil {
		return nil, err
	}
	c, err := NewCall(op, version, attrs, in, outputs)
	if err != nil {
		return nil, err
	}
	return c.Infer()
}

func TestLookup(t *testing.T) {
	for _, c := range []struct {
		domain, name string
		opset, since int
		err          string
	}{
		{"", "Conv", 11, 11, ""},
		{"ai.onnx", "Conv", 21, 11, ""},
		{"", "Conv", 28, 22, ""},
		{"", "Relu", 13, 13, ""},
		{"", "Relu", 0, 0, "opset 0, supported 1 to 28"},
		{"", "Relu", 29, 0, "opset 29, supported 1 to 28"},
		{"", "Relu", -1, 0, "opset -1, supported 1 to 28"},
		{"", "Swish", 23, 0, "opset 23, the operator exists from opset 24"},
		{"", "Bogus", 17, 0, "the operator is not implemented"},
		{"com.example", "Conv", 17, 0, "the operator is not implemented"},
	} {
		op, since, err := Lookup(c.domain, c.name, c.opset)
		if c.err != "" {
			if err == nil || err.Error() != c.err {
				t.Errorf("%s at %d: error %v, want %s", c.name, c.opset, err, c.err)
			}
			continue
		}
		if err != nil || op.Name != c.name || since != c.since {
			t.Errorf("%s at %d: %v since %d, error %v", c.name, c.opset, op, since, err)
		}
	}
}

// TestRefused has one row for every way to be wrong that does not need data.
func TestRefused(t *testing.T) {
	x, w := f32(1, 4, 5, 5), f32(4, 2, 3, 3)
	conv := []Type{x, w}
	const big = int64(1) << 62
	rows := []struct {
		name  string
		attrs Attrs
		in    []Type
		err   string
	}{
		{"Conv", Attrs{"group": int64(0)}, conv, "attribute group: 0"},
		{"Conv", Attrs{"group": int64(-1)}, conv, "attribute group: -1"},
		{"Conv", Attrs{"group": int64(3)}, conv, "attribute group: 3 does not divide"},
		{"Conv", Attrs{"group": int64(1<<63 - 1)}, conv, "attribute group: 9223372036854775807"},
		{"Conv", Attrs{"group": int64(1)}, conv, "input W: shape [4,2,3,3] has 2 channels a group, X has 4 in 1 groups"},
		{"Conv", Attrs{"group": int64(2), "dilations": []int64{1, 0}}, conv, "attribute dilations: 0"},
		{"Conv", Attrs{"group": int64(2), "dilations": []int64{1 << 31, 1}}, conv, "spatial axis 0: kernel extends over 4294967297, the padded input has 5"},
		{"Conv", Attrs{"group": int64(2), "dilations": []int64{big, 1}}, conv, "spatial axis 0: kernel 3 with dilation 4611686018427387904"},
		{"Conv", Attrs{"group": int64(2), "dilations": []int64{1}}, conv, "attribute dilations: 1 entries, must be 2"},
		{"Conv", Attrs{"group": int64(2), "pads": []int64{big, big, big, big}}, conv, "attribute pads: 4611686018427387909 + 4611686018427387904 overflows"},
		{"Conv", Attrs{"group": int64(2), "pads": []int64{big - 8, big - 8, 0, 0}}, conv, "overflow"},
		{"Conv", Attrs{"group": int64(2), "pads": []int64{0, 0, 0, -1}}, conv, "attribute pads: -1"},
		{"Conv", Attrs{"group": int64(2), "pads": []int64{1, 1, 1}}, conv, "attribute pads: 3 entries, must be 4"},
		{"Conv", Attrs{"group": int64(2), "strides": []int64{0, 1}}, conv, "attribute strides: 0"},
		{"Conv", Attrs{"group": int64(2), "strides": []int64{1, -1}}, conv, "attribute strides: -1"},
		{"Conv", Attrs{"group": int64(2), "kernel_shape": []int64{5, 5}}, conv, "attribute kernel_shape: [5 5], W has [4,2,3,3]"},
		{"Conv", Attrs{"group": int64(2), "kernel_shape": []int64{0, 0}}, conv, "attribute kernel_shape: [0 0]"},
		{"Conv", Attrs{"group": int64(2), "auto_pad": "BOGUS"}, conv, "attribute auto_pad: BOGUS, allowed"},
		{"Conv", Attrs{"group": int64(2), "auto_pad": "SAME_UPPER", "pads": []int64{1, 1, 1, 1}}, conv, "attribute pads: given together with auto_pad SAME_UPPER"},
		{"Conv", Attrs{"group": float32(1)}, conv, "attribute group: float 1, must be of type int"},
		{"Conv", Attrs{"group": "1"}, conv, "attribute group: string 1, must be of type int"},
		{"Conv", Attrs{"group": int64(2), "bogus": int64(1)}, conv, "attribute bogus: unknown, allowed auto_pad, dilations"},
		{"Conv", Attrs{"group": int64(2), "pads": int64(1)}, conv, "attribute pads: int 1, must be of type ints"},
		{"Conv", nil, []Type{f32(1, 3, 5, 5), f32(4, 3, 0, 0)}, "kernel of size 0"},
		{"Conv", nil, []Type{f32(1, 3, 5, 5), f32(4, 3)}, "input W: shape [4,3], must have rank 4"},
		{"Conv", nil, []Type{f32(4, 3), f32(4, 3)}, "input X: shape [4,3]"},
		{"Conv", nil, []Type{f32(1, 3, 5, 5), f32(4, 3, 6, 6)}, "kernel extends over 6"},
		{"Conv", nil, []Type{f32(1, 2, 5, 5), f32(4, 2, 3, 3), f32(3)}, "input B: 3 elements, the output has 4 channels"},
		{"Conv", nil, []Type{x}, "input 1 (W): missing"},
		{"Conv", nil, []Type{x, {}, f32(4)}, "input 1 (W): missing"},
		{"Conv", nil, []Type{x, w, f32(4), f32(4)}, "4 inputs, allowed at most 3"},
		{"Conv", nil, []Type{{DType: tensor.Int32, Shape: x.Shape}, w}, "input 0 (X): int32, allowed float32, float16, float64"},
		{"Conv", nil, []Type{x, {DType: tensor.Float64, Shape: w.Shape}}, "input 1 (W): float64, must be float32"},
		{"Relu", nil, []Type{f32(1<<40, 1<<40)}, "dimensions overflow"},
		{"Relu", nil, []Type{f32(-7)}, "dimension 0 is -7"},
		{"Relu", nil, []Type{f32(make([]int, 65)...)}, "rank 65"},
		{"Add", nil, []Type{f32(2, 3), f32(2)}, "do not broadcast"},
		{"Reshape", nil, []Type{f32(4), list(-1, -1)}, "has -1 twice"},
		{"Reshape", nil, []Type{f32(4), list(1<<32, 1<<32, -1)}, "overflows"},
		{"Reshape", nil, []Type{f32(4), list(-2)}, "allowed -1 or more"},
		{"Reshape", nil, []Type{f32(4), list(make([]int64, 65)...)}, "65 entries"},
		{"Reshape", nil, []Type{f32(4), list(3, -1)}, "does not have the elements"},
		{"Slice", nil, []Type{f32(4), list(0), list(4), list(0), list(0)}, "step 0 along axis 0"},
		{"Slice", nil, []Type{f32(4), list(0), list(4), list(1)}, "axis 1, allowed -1 to 0"},
		{"Gather", nil, []Type{f32(4), list(1 << 40)}, "index 0 is 1099511627776, the dimension has 4"},
		{"Gather", Attrs{"axis": int64(99)}, []Type{f32(4), list(0)}, "axis 99, allowed -1 to 0"},
		{"Transpose", Attrs{"perm": []int64{0, 0, 0, 0}}, []Type{f32(1, 2, 3, 4)}, "perm: [0 0 0 0]"},
		{"Transpose", Attrs{"perm": []int64{0, 1, 2, 9}}, []Type{f32(1, 2, 3, 4)}, "perm: [0 1 2 9]"},
		{"Softmax", Attrs{"axis": int64(99)}, []Type{f32(1, 2)}, "axis 99, allowed -2 to 1"},
		{"Concat", Attrs{"axis": int64(99)}, []Type{f32(1, 2)}, "axis 99, allowed -2 to 1"},
		{"Concat", nil, []Type{f32(1, 2)}, "axis: missing, it is required"},
		{"Split", Attrs{"axis": int64(-1 << 63)}, []Type{f32(1, 2)}, "axis -9223372036854775808"},
		{"Split", nil, []Type{f32(4), list(3)}, "add up to 3, the dimension is 4"},
		{"Split", nil, []Type{f32(4), list(-1)}, "size -1"},
		{"Split", nil, []Type{f32(4), list(2, 2)}, "2 sizes for 1 outputs"},
		{"Pad", nil, []Type{f32(4), list(1<<61, 0)}, "pads: 2305843009213693952"},
		{"Pad", nil, []Type{f32(4, 4), list(1<<60, 1<<60, 0, 0)}, "overflow"},
		{"Pad", nil, []Type{f32(4, 4), list(1, 1, 1)}, "3 entries for 2 axes"},
		{"Expand", nil, []Type{f32(1), list(1<<40, 1<<40)}, "overflow"},
		{"ConstantOfShape", nil, []Type{list(-1)}, "dimension 0 is -1"},
		{"Constant", nil, nil, "must be exactly one value"},
		{"Cast", Attrs{"to": int64(999)}, []Type{f32(1)}, "to: 999 is no element type"},
		{"Squeeze", nil, []Type{f32(1, 3), list(1)}, "axis 1 has 3 elements, must have 1"},
		{"Unsqueeze", nil, []Type{f32(3), list(0, 0)}, "axis 0 is given twice"},
		{"Gemm", nil, []Type{f32(2, 3), f32(4, 5)}, "input A has 3 columns and B 4 rows"},
		{"MatMul", nil, []Type{f32(2, 3), f32(4, 5)}, "input A has 3 columns and B 4 rows"},
		{"MatMul", nil, []Type{f32(), f32(4, 5)}, "scalars are not allowed"},
		{"BatchNormalization", nil, []Type{f32(2, 3), f32(3), f32(3), f32(4), f32(3)}, "4 elements, X has 3 channels"},
	}
	for _, r := range rows {
		_, err := infer(r.name, 17, 1, r.attrs, r.in...)
		switch {
		case err == nil:
			t.Errorf("%s %v %v: no error, want %q", r.name, r.attrs, r.in, r.err)
		case !strings.Contains(err.Error(), r.err):
			t.Errorf("%s: error %q, want %q", r.name, err, r.err)
		case strings.ContainsAny(err.Error(), "\n"), len(err.Error()) > 400:
			t.Errorf("%s: error is no short line: %q", r.name, err)
		}
	}
}

// TestUnsupported has what ONNX allows and this program lacks.
func TestUnsupported(t *testing.T) {
	e5m2 := Type{DType: tensor.Float8E5M2, Shape: tensor.Shape{1, 1}}
	for _, c := range []struct {
		name    string
		outputs int
		attrs   Attrs
		in      []Type
		err     string
	}{
		{"Constant", 1, Attrs{"sparse_value": int64(0)}, nil, "attribute sparse_value"},
		{"Dropout", 1, nil, []Type{f32(2), {}, TypeOf(tensor.Of([]bool{true}))}, "training_mode is on"},
		{"Conv", 1, nil, []Type{f32(1, 1, 2, 2, 2, 2), f32(1, 1, 1, 1, 1, 1)}, "4 spatial axes"},
		{"QLinearMatMul", 1, nil, []Type{e5m2, f32(), e5m2, e5m2, f32(), e5m2, f32(), e5m2}, "float8e5m2"},
	} {
		_, err := infer(c.name, 21, c.outputs, c.attrs, c.in...)
		var unsupported *errs.UnsupportedError
		if !errors.As(err, &unsupported) || !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: error %v, want unsupported %q", c.name, err, c.err)
		}
	}
}

// TestDefaults checks that a call has its version's defaults and leaves the
// caller's attributes alone.
func TestDefaults(t *testing.T) {
	attrs := Attrs{}
	for opset, want := range map[int]int64{11: 1, 13: -1} {
		op, version, err := Lookup("", "Softmax", opset)
		if err != nil {
			t.Fatal(err)
		}
		c, err := NewCall(op, version, attrs, []Type{f32(2, 3)}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Attrs.Int("axis", 7); got != want {
			t.Errorf("opset %d: axis %d, want %d", opset, got, want)
		}
	}
	if len(attrs) != 0 {
		t.Errorf("the caller's attributes became %v", attrs)
	}
}
