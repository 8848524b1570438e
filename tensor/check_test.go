package tensor

import (
	"math"
	"strings"
	"testing"
)

// TestCheck: what New makes of any type is right; anything that a caller may have
// put together wrong is an error, never a panic.
func TestCheck(t *testing.T) {
	for d := Float32; d.Valid(); d++ {
		for _, shape := range []Shape{nil, {}, {0}, {3}, {2, 0, 5}, {2, 3}} {
			if err := New(d, shape...).Check(); err != nil {
				t.Errorf("%s %s: %v", d, shape, err)
			}
			if err := SequenceOf(d, New(d, shape...), New(d, 4)).Check(); err != nil {
				t.Errorf("sequence of %s %s: %v", d, shape, err)
			}
		}
	}
	floats := make([]float32, 6)
	for _, c := range []struct {
		t    *Tensor
		want string
	}{
		{nil, "no tensor"},
		{&Tensor{}, "element type 0"},
		{&Tensor{DType: 99, Shape: Shape{6}, Data: floats}, "element type 99"},
		{&Tensor{DType: -99, Shape: Shape{6}, Data: floats}, "element type -99"},
		{&Tensor{DType: Float32, Shape: Shape{2, 3}}, "are a <nil>, allowed is a []float32"},
		{&Tensor{DType: Float32, Shape: Shape{0}}, "are a <nil>"},
		{&Tensor{DType: Float32, Shape: Shape{2, 3}, Data: make([]float64, 6)}, "are a []float64, allowed is a []float32"},
		{&Tensor{DType: Float16, Shape: Shape{6}, Data: floats}, "are a []float32, allowed is a []uint16"},
		{&Tensor{DType: Int4, Shape: Shape{6}, Data: make([]uint8, 6)}, "are a []uint8, allowed is a []int8"},
		{&Tensor{DType: Float32, Shape: Shape{6}, Data: &floats}, "are a *[]float32"},
		{&Tensor{DType: Float32, Shape: Shape{7}, Data: floats}, "6 elements of data, the shape [7] has 7"},
		{&Tensor{DType: Float32, Shape: Shape{5}, Data: floats}, "6 elements of data, the shape [5] has 5"},
		{&Tensor{DType: Float32, Shape: Shape{}, Data: floats}, "6 elements of data, the shape [] has 1"},
		{&Tensor{DType: Float32, Shape: Shape{0, 6}, Data: floats}, "6 elements of data, the shape [0,6] has 0"},
		{&Tensor{DType: Float32, Shape: Shape{-2, -3}, Data: floats}, "dimension 0 is -2"},
		{&Tensor{DType: Float32, Shape: Shape{Unknown, 6}, Data: floats}, "shape [-1 6] of float32: dimension 0 is -1"},
		{&Tensor{DType: Float32, Shape: Shape{math.MaxInt, math.MaxInt}, Data: floats}, "overflow"},
		{&Tensor{DType: Float32, Shape: Shape{4194305, 4194305, 211106198978564}, Data: floats}, "overflow"}, // wraps to 4
		{&Tensor{DType: Float32, Shape: make(Shape, MaxRank+1), Data: floats}, "rank 65"},
		{&Tensor{DType: Float32.Sequence(), Shape: Shape{1}, Data: floats}, "data of type []float32"},
		{&Tensor{DType: Float32.Sequence(), Shape: Shape{2}, Data: []*Tensor{New(Float32)}}, "of shape [2]"},
		{&Tensor{DType: Float32.Sequence(), Data: []*Tensor{}}, "of shape []"},
		{SequenceOf(Float32, nil), "element 0 of a sequence(float32): no tensor"},
		{SequenceOf(Float32, New(Float32), New(Int64)), "element 1 of a sequence(float32) is int64"},
		{SequenceOf(Float32, SequenceOf(Float32)), "is sequence(float32)"},
		{SequenceOf(Float32, &Tensor{DType: Float32, Shape: Shape{9}, Data: floats}), "element 0 of a sequence(float32): 6 elements"},
	} {
		if err := c.t.Check(); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%+v: error %v, want %q", c.t, err, c.want)
		}
	}
	right := New(Float32, 2, 3)
	if n := testing.AllocsPerRun(100, func() { right.Check() }); n != 0 {
		t.Errorf("%v allocations for a right tensor", n)
	}
}
