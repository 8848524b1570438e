package tensor

import (
	"math"
	"testing"
)

func TestSize(t *testing.T) {
	for _, c := range []struct {
		d        DType
		dims     []int64
		elements int64
		bytes    int64
		ok       bool
	}{
		{Float32, nil, 1, 4, true},
		{Float32, []int64{2, 3}, 6, 24, true},
		{Int4, []int64{3}, 3, 2, true},
		{Uint2, []int64{5}, 5, 2, true},
		{String, []int64{7}, 7, 0, true},
		{Float32, []int64{0, math.MaxInt64}, 0, 0, true},
		{Float32, []int64{math.MaxInt64, 0, math.MaxInt64}, 0, 0, false}, // the product before the zero overflows
		{Float32, []int64{-1}, 0, 0, false},
		{Float32, []int64{1 << 32, 1 << 32}, 0, 0, false},
		{Float32, []int64{4194305, 4194305, 211106198978564}, 0, 0, false}, // wraps to 4 in 64 bits
		{Float32, []int64{1 << 62}, 0, 0, false},
		{Undefined, []int64{1}, 0, 0, false},
		{DType(999), []int64{1}, 0, 0, false},
		{Float32, make([]int64, MaxRank+1), 0, 0, false},
	} {
		elements, bytes, err := Size(c.d, c.dims)
		if (err == nil) != c.ok || elements != c.elements || bytes != c.bytes {
			t.Errorf("Size(%v, %v) = %d, %d, %v; want %d, %d, ok %t", c.d, c.dims, elements, bytes, err, c.elements, c.bytes, c.ok)
		}
	}
}

// TestStorage: every type is held by the Go slice that the Tensor comment
// names, and Copy moves it.
func TestStorage(t *testing.T) {
	for d := Undefined + 1; d.Valid(); d++ {
		src := New(d, 2, 2)
		switch data := src.Data.(type) {
		case []float32:
			data[3] = 1
		case []uint8:
			data[3] = 1
		case []int8:
			data[3] = 1
		case []uint16:
			data[3] = 1
		case []string:
			data[3] = "x"
		}
		dst := New(d, 2, 2)
		if err := Copy(dst, src); err != nil {
			t.Errorf("%v: %v", d, err)
		}
		if err := Copy(New(d, 4), src); err == nil {
			t.Errorf("%v: copied to another shape", d)
		}
	}
	if got := Of([]float32{1, 2}, 2); got.DType != Float32 || Data[float32](got)[1] != 2 {
		t.Errorf("Of: %+v", got)
	}
}

func TestShape(t *testing.T) {
	if s := (Shape{2, Unknown, 3}); s.Known() || s.Elements() != Unknown || s.String() != "[2,?,3]" {
		t.Errorf("%v: known %t, elements %d", s, s.Known(), s.Elements())
	}
	if s := Shape(nil); s.Known() || s.String() != "[…]" {
		t.Errorf("unknown rank: %v", s)
	}
	if s := (Shape{}); !s.Known() || s.Elements() != 1 {
		t.Errorf("scalar: %v", s)
	}
	for _, c := range []struct {
		of   Shape
		want int
	}{
		{Shape{1 << 32, 1 << 32}, math.MaxInt}, {Shape{1 << 32, 1 << 31}, math.MaxInt}, {Shape{1 << 31, 1 << 31, 1}, 1 << 62},
		{Shape{1 << 62, 1 << 62, 1, 2}, math.MaxInt}, {Shape{1 << 62, 1 << 62, 0}, 0}, {Shape{0, 1 << 62, 1 << 62}, 0}, {Shape{1 << 62, 1 << 62, Unknown}, Unknown},
	} {
		if got := c.of.Elements(); got != c.want {
			t.Errorf("%v: %d elements, want %d", []int(c.of), got, c.want)
		}
	}
}

// TestRows: rows of any type share their tensor's data.
func TestRows(t *testing.T) {
	if got := Of([]float32{1, 2, 3, 4, 5, 6}, 3, 2).Rows(1, 2); !got.Shape.Equal(Shape{2, 2}) || Data[float32](got)[0] != 3 || len(Data[float32](got)) != 4 {
		t.Errorf("%+v", got)
	}
	all := New(String, 3)
	Data[string](all.Rows(2, 1))[0] = "x"
	if Data[string](all)[2] != "x" {
		t.Error("rows are a copy")
	}
}
