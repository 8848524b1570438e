package eval

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/tensor"
)

// newCall makes a call of an operator as an opset has it, from inputs whose
// values it knows.
func newCall(t testing.TB, name string, opset, outputs int, attrs ops.Attrs, in []*tensor.Tensor) (*ops.Call, error) {
	t.Helper()
	op, version := ops.MDConv, 0
	if name != "MDConv" {
		var err error
		if op, version, err = ops.Lookup("", name, opset); err != nil {
			t.Fatal(err)
		}
	}
	types := make([]ops.Type, len(in))
	for i, x := range in {
		types[i] = ops.TypeOf(x)
	}
	return ops.NewCall(op, version, attrs, types, outputs)
}

// call evaluates an operator, and checks that what inference says of inputs it
// knows less of agrees with the outcome.
func call(t testing.TB, name string, opset, outputs int, attrs ops.Attrs, in ...*tensor.Tensor) ([]*tensor.Tensor, error) {
	t.Helper()
	c, err := newCall(t, name, opset, outputs, attrs, in)
	if err != nil {
		return nil, err
	}
	out, err := Run(limit.NewBudget(context.Background(), limit.Limits{}), c, in)
	if err == nil {
		checkInference(t, c, out)
	}
	return out, err
}

// checkInference infers without values, without every single dimension, and
// without ranks.
func checkInference(t testing.TB, c *ops.Call, out []*tensor.Tensor) {
	t.Helper()
	check := func(what string, in []ops.Type) {
		t.Helper()
		less := *c
		less.In = in
		types, err := less.Infer()
		if err != nil {
			t.Errorf("%s with %s: %v", c.Op, what, err)
			return
		}
		for i, got := range types {
			if got.DType != out[i].DType || !compatible(got.Shape, out[i].Shape) {
				t.Errorf("%s with %s: output %d is %s %s, inferred %s %s", c.Op, what, i, out[i].DType, out[i].Shape, got.DType, got.Shape)
			}
		}
	}
	hide := func(change func(*ops.Type)) []ops.Type {
		in := append([]ops.Type{}, c.In...)
		for i := range in {
			if in[i].Present() {
				in[i].Value = nil
				in[i].Shape = in[i].Shape.Clone()
				change(&in[i])
			}
		}
		return in
	}
	check("values unknown", hide(func(*ops.Type) {}))
	check("ranks unknown", hide(func(t *ops.Type) { t.Shape = nil }))
	for axis := range 4 {
		check(fmt.Sprintf("axis %d unknown", axis), hide(func(t *ops.Type) {
			if axis < len(t.Shape) {
				t.Shape[axis] = tensor.Unknown
			}
		}))
	}
}

func compatible(inferred, actual tensor.Shape) bool {
	if inferred == nil {
		return true
	}
	if len(inferred) != len(actual) {
		return false
	}
	for i, d := range inferred {
		if d != tensor.Unknown && d != actual[i] {
			return false
		}
	}
	return true
}

// TestEveryOperator: every operator has one evaluation. One that is computed by a
// function of one variable is Unary.
func TestEveryOperator(t *testing.T) {
	for c := op.Code(1); c < op.Count; c++ {
		o, _ := ops.Latest(c)
		if (functions[c] == nil) == (kernels[c] == nil) {
			t.Errorf("%s must have one evaluation", c)
		}
		if functions[c] != nil && !o.Has(ops.Unary) {
			t.Errorf("%s has a function of one variable and is not Unary", c)
		}
	}
}

// TestLimit asks for far more memory than there is; nothing may be allocated.
func TestLimit(t *testing.T) {
	small := tensor.New(tensor.Float32, 1, 1, 3, 3)
	list := func(v ...int64) *tensor.Tensor { return tensor.Of(v, len(v)) }
	text := tensor.Of([]string{"x"}, 1)
	long := tensor.Of([]string{strings.Repeat("x", 1<<20)}, 1)
	for _, c := range []struct {
		name  string
		attrs ops.Attrs
		in    []*tensor.Tensor
	}{
		{"ConstantOfShape", nil, []*tensor.Tensor{list(1 << 40)}},
		{"ConstantOfShape", nil, []*tensor.Tensor{list(1<<29 + 1)}},
		{"Expand", nil, []*tensor.Tensor{tensor.New(tensor.Float32, 1), list(1<<20, 1<<20)}},
		{"Expand", nil, []*tensor.Tensor{text, list(1 << 40)}},
		{"StringConcat", nil, []*tensor.Tensor{long, tensor.New(tensor.String, 1<<12)}},
		{"Pad", nil, []*tensor.Tensor{small, list(0, 0, 1<<19, 1<<19, 0, 0, 1<<19, 1<<19)}},
		{"Conv", ops.Attrs{"pads": []int64{1 << 19, 1 << 19, 1 << 19, 1 << 19}}, []*tensor.Tensor{small, small}},
		{"Add", nil, []*tensor.Tensor{tensor.New(tensor.Float32, 1<<16, 1), tensor.New(tensor.Float32, 1<<16)}},
	} {
		_, err := call(t, c.name, 20, 1, c.attrs, c.in...)
		if err == nil || !strings.Contains(err.Error(), "bytes, allowed 2147483648") {
			t.Errorf("%s: error %v", c.name, err)
		}
	}
	c, err := newCall(t, "Relu", 17, 1, nil, []*tensor.Tensor{small})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Run(limit.NewBudget(context.Background(), limit.Limits{TensorBytes: 35}), c, []*tensor.Tensor{small}); err == nil {
		t.Error("36 bytes were made where 35 are allowed")
	}
}

// TestEmpty has shapes without elements whose other dimensions are huge: there
// is nothing to do, and it must not take time.
func TestEmpty(t *testing.T) {
	const huge = 1 << 40
	empty := tensor.New(tensor.Float32, huge, 3, 0)
	three := tensor.New(tensor.Float32, 3)
	for _, c := range []struct {
		name string
		in   []*tensor.Tensor
	}{
		{"Relu", []*tensor.Tensor{empty}},
		{"Add", []*tensor.Tensor{empty, tensor.New(tensor.Float32, 1, 1, 1)}},
		{"BatchNormalization", []*tensor.Tensor{empty, three, three, three, three}},
		{"Softmax", []*tensor.Tensor{empty}},
		{"MatMul", []*tensor.Tensor{empty, tensor.New(tensor.Float32, 0, 0)}},
		{"Transpose", []*tensor.Tensor{empty}},
		{"Pad", []*tensor.Tensor{empty, tensor.Of([]int64{huge, 0, 0, huge, 0, 0}, 6)}},
		{"ConstantOfShape", []*tensor.Tensor{tensor.Of([]int64{huge, 0}, 2)}},
	} {
		out, err := call(t, c.name, 17, 1, nil, c.in...)
		if err != nil || out[0].Elements() != 0 {
			t.Errorf("%s: %v, error %v", c.name, out, err)
		}
	}
}

// TestCancel checks that a long loop ends soon after its context.
func TestCancel(t *testing.T) {
	in := []*tensor.Tensor{tensor.New(tensor.Float32, 1, 64, 256, 256), tensor.New(tensor.Float32, 256, 64, 7, 7)}
	c, err := newCall(t, "Conv", 17, 1, nil, in)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err = Run(limit.NewBudget(ctx, limit.Limits{}), c, in); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("ended after %v", took)
	}
}

// TestRunTypes runs a call that was made before shapes were known, and refuses
// inputs of another type than the call's operator allows.
func TestRunTypes(t *testing.T) {
	op, version, err := ops.Lookup("", "Relu", 17)
	if err != nil {
		t.Fatal(err)
	}
	c, err := ops.NewCall(op, version, nil, []ops.Type{{DType: tensor.Float32}}, 1)
	if err != nil {
		t.Fatal(err)
	}
	out, err := Run(limit.NewBudget(context.Background(), limit.Limits{}), c, []*tensor.Tensor{tensor.Of([]float32{-1, 2}, 2)})
	if err != nil || !reflect.DeepEqual(out[0].Data, []float32{0, 2}) {
		t.Errorf("%v, error %v", out, err)
	}
	for _, in := range [][]*tensor.Tensor{{tensor.New(tensor.String, 1)}, {}, {nil}} {
		if _, err := Run(limit.NewBudget(context.Background(), limit.Limits{}), c, in); err == nil {
			t.Errorf("no error for %v", in)
		}
	}
}

// sameFloats compares floats, NaN with NaN and -0 with -0 only.
func sameFloats(a, b []float64) bool {
	for i := range a {
		if math.Float64bits(a[i]) != math.Float64bits(b[i]) && !(math.IsNaN(a[i]) && math.IsNaN(b[i])) {
			return false
		}
	}
	return len(a) == len(b)
}
