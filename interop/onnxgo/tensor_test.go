package onnxgo

import (
	"fmt"
	"slices"
	"testing"

	own "github.com/mixconv/mixconv/tensor"
	"gorgonia.org/tensor"
)

// spanned is a range of an axis, as gorgonia takes it.
type spanned struct{ start, end int }

func (s spanned) Start() int { return s.start }
func (s spanned) End() int   { return s.end }
func (s spanned) Step() int  { return 1 }

func span(start, end int) tensor.Slice { return spanned{start, end} }

// TestOrders: elements come in row-major order whatever theirs is in memory.
func TestOrders(t *testing.T) {
	counted := func(shape ...int) *tensor.Dense {
		return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(tensor.Range(tensor.Float32, 0, tensor.Shape(shape).TotalSize())))
	}
	transposed := counted(2, 3)
	if err := transposed.T(); err != nil {
		t.Fatal(err)
	}
	moved := counted(2, 3)
	if err := moved.T(); err != nil {
		t.Fatal(err)
	}
	if err := moved.Transpose(); err != nil {
		t.Fatal(err)
	}
	part := func(of *tensor.Dense, slices ...tensor.Slice) *tensor.Dense {
		v, err := of.Slice(slices...)
		if err != nil {
			t.Fatal(err)
		}
		return v.(*tensor.Dense)
	}
	columns := tensor.New(tensor.WithShape(2, 3), tensor.AsFortran([]float32{0, 1, 2, 3, 4, 5}))
	for name, c := range map[string]struct {
		t    *tensor.Dense
		want []float32
	}{
		"as it comes":     {counted(2, 3), []float32{0, 1, 2, 3, 4, 5}},
		"a row":           {counted(1, 3), []float32{0, 1, 2}},
		"a column":        {counted(3, 1), []float32{0, 1, 2}},
		"a vector":        {counted(3), []float32{0, 1, 2}},
		"one element":     {counted(1, 1, 1), []float32{0}},
		"vector of one":   {counted(1), []float32{0}},
		"ones around":     {counted(1, 2, 1, 2), []float32{0, 1, 2, 3}},
		"transposed":      {transposed, []float32{0, 3, 1, 4, 2, 5}},
		"moved":           {moved, []float32{0, 3, 1, 4, 2, 5}},
		"column-major":    {columns, []float32{0, 1, 2, 3, 4, 5}},
		"rows 1 and 2":    {part(counted(3, 2), span(1, 3)), []float32{2, 3, 4, 5}},
		"columns 1 and 2": {part(counted(2, 3), nil, span(1, 3)), []float32{1, 2, 4, 5}},
		"column 1":        {part(counted(2, 3), nil, span(1, 2)), []float32{1, 4}},
	} {
		got, err := fromGorgonia(c.t)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !slices.Equal(got.Data.([]float32), c.want) || !slices.Equal(got.Shape, own.Shape(c.t.Shape())) {
			t.Errorf("%s: %v %v, want %v %v", name, got.Shape, got.Data, c.t.Shape(), c.want)
		}
	}
}

// TestTypes: every element type that both know goes there and back, in several
// shapes; others are errors.
func TestTypes(t *testing.T) {
	for theirs, ours := range dtypes {
		for _, shape := range [][]int{{}, {1}, {2}, {1, 1}, {3, 2}} {
			want := own.New(ours, shape...)
			there, err := toGorgonia(want)
			if err != nil || there.Dtype() != theirs {
				t.Fatalf("%s %v: %v", ours, shape, err)
			}
			back, err := fromGorgonia(there)
			if err != nil || back.DType != ours || !slices.Equal(back.Shape, shape) || fmt.Sprint(back.Data) != fmt.Sprint(want.Data) {
				t.Errorf("%s %v: %v, %v", ours, shape, back, err)
			}
		}
	}
	for _, bad := range []*own.Tensor{own.New(own.Float16, 2), own.New(own.Float32, 0, 2)} {
		if _, err := toGorgonia(bad); err == nil {
			t.Errorf("%s %s has a place in gorgonia", bad.DType, bad.Shape)
		}
	}
	for _, bad := range []tensor.Tensor{nil, tensor.New(tensor.WithBacking([]int{1, 2})), tensor.CSRFromCoord(tensor.Shape{2, 2}, []int{0}, []int{1}, []float32{1})} {
		if _, err := fromGorgonia(bad); err == nil {
			t.Errorf("%v has a place in ONNX", bad)
		}
	}
}
