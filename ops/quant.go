package ops

import (
	"fmt"
	"github.com/mixconv/mixconv/ops/op"
	"slices"

	"github.com/mixconv/mixconv/tensor"
)

// inferQuantize is for QuantizeLinear: the result has the zero point's type,
// or that of attribute output_dtype, or uint8.
func inferQuantize(c *Call) ([]Type, error) {
	d := tensor.DType(c.Attrs.Int("output_dtype", 0))
	switch zero := c.input(2); {
	case zero.Present() && d != tensor.Undefined && d != zero.DType:
		return nil, fmt.Errorf("attribute output_dtype: %s, y_zero_point is %s", d, zero.DType)
	case zero.Present():
		d = zero.DType
	case d == tensor.Undefined:
		d = tensor.Uint8
	}
	return c.scaled(d)
}

// inferDequantize is for DequantizeLinear: the result has the type that
// attribute output_dtype names, or the scale's.
func inferDequantize(c *Call) ([]Type, error) {
	d := tensor.DType(c.Attrs.Int("output_dtype", 0))
	if d == tensor.Undefined {
		d = c.In[1].DType
	}
	return c.scaled(d)
}

// scaled checks scale and zero point, inputs 1 and 2: one for all, one for each
// index of an axis, or with block_size one for each block along it.
func (c *Call) scaled(out tensor.DType) ([]Type, error) {
	x, scale := c.In[0].Shape, c.In[1].Shape
	if !mayBeOne(scale) || !mayBeOne(c.input(2).Shape) {
		if err := mustFit(c, 2, scale); err != nil {
			return nil, err
		}
	}
	if x == nil || scale == nil {
		return []Type{{DType: out, Shape: x.Clone()}}, nil
	}
	want := tensor.Shape{1}
	switch block := c.Attrs.Int("block_size", 0); {
	case len(scale) == 0 || len(scale) == 1 && (scale[0] == 1 || scale[0] == tensor.Unknown): // an unknown number may be one
		want = scale
	case block < 0 || len(scale) > 1 && block == 0:
		return nil, fmt.Errorf("attribute block_size: %d with a scale of shape %s", block, scale)
	case len(scale) > 1:
		axis, err := c.blockAxis()
		if err != nil {
			return nil, err
		}
		want = x.Clone()
		if n := x[axis]; n > 0 {
			want[axis] = int((int64(n)-1)/block) + 1
		}
	case c.Version >= 13:
		axis, err := c.blockAxis()
		if err != nil {
			return nil, err
		}
		want = x[axis : axis+1]
	}
	if len(scale) != len(want) || !fits(scale, want) {
		return nil, fmt.Errorf("input 1 (%s): shape %s, must be one value or %s", c.paramName(1), scale, want)
	}
	return []Type{{DType: out, Shape: x.Clone()}}, nil
}

// mayBeOne reports whether s is the shape of one element, as far as s is known.
func mayBeOne(s tensor.Shape) bool {
	return !slices.ContainsFunc(s, func(d int) bool { return d != 1 && d != tensor.Unknown })
}

func (c *Call) blockAxis() (int, error) { return axisOf(c.Attrs.Int("axis", 1), len(c.In[0].Shape)) }

// inferQLinearMatMul is for a, scale, zero point, and the same of b and y.
func inferQLinearMatMul(c *Call) ([]Type, error) {
	for _, t := range c.In {
		if t.DType.IsMinifloat() {
			return nil, c.unsupported("%s", t.DType)
		}
	}
	out, err := matMulShape(c.In[0].Shape, c.In[3].Shape)
	if err != nil {
		return nil, err
	}
	for _, at := range []struct{ matrix, first int }{{0, 1}, {3, 4}} {
		for i := at.first; i < at.first+2; i++ {
			if err := c.oneAMatrixLine(i, c.In[at.matrix].Shape, at.matrix == 3); err != nil {
				return nil, err
			}
		}
	}
	return one(out), c.oneValue(6, 7)
}

// oneAMatrixLine checks that input i, a scale or a zero point, is one value, or
// one for each row of a matrix, or for each column.
func (c *Call) oneAMatrixLine(i int, matrix tensor.Shape, columns bool) error {
	s := c.input(i).Shape
	if !s.Known() || s.Elements() == 1 || matrix == nil {
		return nil
	}
	if len(matrix) < 2 {
		return c.oneValue(i)
	}
	line := len(matrix) - 2
	if columns {
		line++
	}
	if len(s) == 1 && (matrix[line] == tensor.Unknown || s[0] == matrix[line]) {
		return nil
	}
	want := matrix.Clone()
	want[2*len(matrix)-3-line] = 1
	if len(s) != len(want) || !fits(s, want) {
		return fmt.Errorf("input %d (%s): shape %s, must be one value, %d values, or %s", i, c.paramName(i), s, matrix[line], want)
	}
	return nil
}

// oneValue checks that each of these inputs is one value.
func (c *Call) oneValue(inputs ...int) error {
	for _, i := range inputs {
		if s := c.input(i).Shape; s.Known() && s.Elements() != 1 {
			return fmt.Errorf("input %d (%s): shape %s, must be one value", i, c.paramName(i), s)
		}
	}
	return nil
}

func inferMatMulInteger(c *Call) ([]Type, error) {
	out, err := matMulShape(c.In[0].Shape, c.In[1].Shape)
	if err != nil {
		return nil, err
	}
	if err := c.oneAMatrixLine(2, c.In[0].Shape, false); err != nil {
		return nil, err
	}
	return one(out), c.oneAMatrixLine(3, c.In[1].Shape, true)
}

// inferQuantizedConv is for ConvInteger and QLinearConv, whose weights may have
// a scale and a zero point for each output channel.
func inferQuantizedConv(c *Call) ([]Type, error) {
	single, channels := []int{2}, []int{3}
	_, w, _ := c.convInputs()
	if c.Op.Code == op.QLinearConv {
		single, channels = []int{1, 2, 6, 7}, []int{4, 5}
	}
	if err := c.oneValue(single...); err != nil {
		return nil, err
	}
	for _, i := range channels {
		if s := c.input(i).Shape; s.Known() && s.Elements() != 1 && len(w.Shape) > 0 {
			if err := mustFit(c, i, w.Shape[:1]); err != nil {
				return nil, err
			}
		}
	}
	return inferConv(c)
}

func inferDynamicQuantize(c *Call) ([]Type, error) {
	return []Type{{Shape: c.In[0].Shape.Clone()}, {Shape: tensor.Shape{}}, {Shape: tensor.Shape{}}}[:c.Outputs], nil
}
