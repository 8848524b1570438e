package plan

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mixconv/mixconv/tensor"
)

// TestReshape checks every view that reshape returns against the row-major
// order of elements, and that a plain place never needs a copy.
func TestReshape(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	views := 0
	for range 3000 {
		from, to := randomShape(r, 24), randomShape(r, 24)
		place := &Place{buf: &Buffer{dtype: tensor.Float32, size: 24}, dims: from, strides: permutedStrides(r, from)}
		got, ok := place.reshape(to)
		if !ok {
			if place.isPlain() {
				t.Fatalf("plain %v to %v refused", from, to)
			}
			continue
		}
		views++
		for i := range 24 {
			if a, b := element(place, i), element(got, i); a != b {
				t.Fatalf("%v strides %v to %v strides %v: element %d at %d, want %d", from, place.strides, to, got.strides, i, b, a)
			}
		}
	}
	if views < 500 {
		t.Fatalf("only %d views", views)
	}
}

// randomShape factors n into up to 5 dimensions.
func randomShape(r *rand.Rand, n int) tensor.Shape {
	var shape tensor.Shape
	for n > 1 && len(shape) < 4 {
		d := 1 + r.IntN(n)
		if n%d == 0 {
			shape = append(shape, d)
			n /= d
		}
	}
	return append(shape, n)
}

func permutedStrides(r *rand.Rand, dims []int) []int {
	order := r.Perm(len(dims))
	if r.IntN(2) == 0 {
		slices.Sort(order)
		slices.Reverse(order)
	}
	strides := make([]int, len(dims))
	step := 1
	for _, d := range order {
		strides[d] = step
		step *= dims[d]
	}
	return strides
}

// element is where the i-th element in row-major order lies.
func element(p *Place, i int) int {
	at := p.offset
	for d := len(p.dims) - 1; d >= 0; d-- {
		at += i % p.dims[d] * p.strides[d]
		i /= p.dims[d]
	}
	return at
}

func TestPixel(t *testing.T) {
	whole := &Place{buf: &Buffer{}, dims: tensor.Shape{2, 10, 3, 4}, strides: channelsLast([]int{2, 10, 3, 4})}
	if got := whole.pixel(); got != 10 {
		t.Errorf("whole: %d, want 10", got)
	}
	if got := whole.narrow(1, 4, 5).pixel(); got != 10 {
		t.Errorf("channel range: %d, want 10", got)
	}
	if got := whole.narrow(3, 1, 2).pixel(); got != 0 {
		t.Errorf("column range: %d, want 0: rows are not evenly spaced", got)
	}
	plain := &Place{buf: &Buffer{}, dims: tensor.Shape{1, 3, 8, 8}, strides: rowMajor([]int{1, 3, 8, 8})}
	if got := plain.pixel(); got != 0 {
		t.Errorf("row-major: %d, want 0", got)
	}
	vector := &Place{buf: &Buffer{}, dims: tensor.Shape{4, 7, 1, 1}, strides: rowMajor([]int{4, 7, 1, 1})}
	if got := vector.pixel(); got != 7 {
		t.Errorf("1×1 pictures in row-major order: %d, want 7", got)
	}
}
