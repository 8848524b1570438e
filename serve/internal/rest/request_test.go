package rest

import (
	"slices"
	"testing"

	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
)

// TestRawShape: a body without JSON has the shape that its length leaves, and none if the
// model declares what no memory holds: 2^32 · 2^32 elements are 0 in 64 bits.
func TestRawShape(t *testing.T) {
	const any = tensor.Unknown
	for _, c := range []struct {
		declared tensor.Shape
		batched  bool
		bytes    int64
		want     []int // nil: an error
	}{
		{tensor.Shape{any, 3, 2, 2}, true, 48, []int{1, 3, 2, 2}},
		{tensor.Shape{any, 3, 2, 2}, false, 96, []int{2, 3, 2, 2}},
		{tensor.Shape{1, any}, true, 20, []int{1, 5}},
		{tensor.Shape{0, any}, true, 20, []int{0, 1}},
		{tensor.Shape{any, any}, false, 20, nil},
		{nil, true, 20, nil},
		{tensor.Shape{1 << 32, 1 << 32}, false, 0, nil},
		{tensor.Shape{any, 1 << 62, 4}, true, 0, nil},
		{tensor.Shape{any, 1 << 62, 4}, false, 0, nil},
	} {
		got, err := rawShape(runtime.Value{Name: "x", DType: tensor.Float32, Shape: c.declared}, c.batched, c.bytes)
		if (err == nil) != (c.want != nil) || !slices.Equal(got, c.want) {
			t.Errorf("%v, batched %t, %d bytes: %v, %v, want %v", c.declared, c.batched, c.bytes, got, err, c.want)
		}
	}
}
