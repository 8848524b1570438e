package kernel

import (
	"math/rand/v2"
	"testing"
)

// TestNest compares Binary over random shapes, orders and broadcasts with one
// loop over the index.
func TestNest(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 500 {
		dims := make([]int, r.IntN(6))
		total := 1
		for i := range dims {
			dims[i] = 1 + r.IntN(5)
			total *= dims[i]
		}
		out, a, b := randomStrides(r, dims, false), randomStrides(r, dims, true), randomStrides(r, dims, true)
		nest, ok := NewNest(dims, out, a, b)
		if !ok {
			t.Fatalf("%v: too many dimensions", dims)
		}
		x, y := randoms(r, total), randoms(r, total)
		for op, f := range []func(p, q float32) float32{
			func(p, q float32) float32 { return p + q }, func(p, q float32) float32 { return p - q },
			func(p, q float32) float32 { return p * q }, func(p, q float32) float32 { return p / q },
			func(p, q float32) float32 { return max(p, 0) + q*min(p, 0) }} {
			got := make([]float32, total)
			Binary(Sets[len(Sets)-1], nest, got, x, y, BinaryOp(op)).All()
			for i := range total {
				o, p, q := at(dims, out, i), at(dims, a, i), at(dims, b, i)
				if want := f(x[p], y[q]); got[o] != want {
					t.Fatalf("dims %v strides %v %v %v op %d element %d: %g, want %g", dims, out, a, b, op, i, got[o], want)
				}
			}
		}
		moved := make([]float32, total)
		copyNest, _ := NewNest(dims, out, a)
		Copy(copyNest, moved, x).All()
		again := make([]float32, total)
		copyNest.CopyNow(again, x)
		for i := range total {
			if o, p := at(dims, out, i), at(dims, a, i); moved[o] != x[p] || again[o] != x[p] {
				t.Fatalf("copy of %v: element %d", dims, i)
			}
		}
	}
}

// randomStrides is a dense order of dims, with some repeated if repeats.
func randomStrides(r *rand.Rand, dims []int, repeats bool) []int {
	strides := make([]int, len(dims))
	step := 1
	for _, d := range r.Perm(len(dims)) {
		if repeats && r.IntN(3) == 0 {
			continue
		}
		strides[d] = step
		step *= dims[d]
	}
	return strides
}

func at(dims, strides []int, i int) int {
	offset := 0
	for d := len(dims) - 1; d >= 0; d-- {
		offset += i % dims[d] * strides[d]
		i /= dims[d]
	}
	return offset
}

// TestNestTasks covers a flat nest that is cut into several tasks.
func TestNestTasks(t *testing.T) {
	n := 3*nestTask + 5
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(i)
	}
	nest, _ := NewNest([]int{n}, []int{1}, []int{1})
	got := make([]float32, n)
	job := Copy(nest, got, x)
	if job.Tasks != 4 {
		t.Fatalf("%d tasks, want 4", job.Tasks)
	}
	job.All()
	for i := range got {
		if got[i] != x[i] {
			t.Fatalf("element %d: %g", i, got[i])
		}
	}
}
