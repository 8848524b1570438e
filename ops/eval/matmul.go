package eval

import (
	"github.com/mixconv/mixconv/tensor"
)

// matrix is a strided view of a tensor's elements.
type matrix struct{ at, row, col int }

func (m matrix) transposed() matrix { return matrix{m.at, m.col, m.row} }

// summand is an element type of matrices, total what its products add up in.
type summand interface {
	float32 | float64 | int32 | int64 | uint32 | uint64
}

type total interface{ float64 | int64 | uint64 }

// dot calls put with every row of the product of an m×k and a k×n matrix.
func dot[T summand, A total](r *run, a, b []T, ma, mb matrix, m, k, n int, put func(i int, row []A)) error {
	if _, err := r.scratch(n); err != nil {
		return err
	}
	sums := make([]A, n)
	for i := range m {
		clear(sums)
		left := ma.at + i*ma.row
		if err := row(r, sums, a, b, left, ma.col, mb, k); err != nil {
			return err
		}
		put(i, sums)
		if err := r.spend(n); err != nil {
			return err
		}
	}
	return nil
}

// row adds to sums the product of k elements of a, from left on, and a matrix.
func row[T summand, A total](r *run, sums []A, a, b []T, left, step int, mb matrix, k int) error {
	if mb.col != 1 {
		for j := range sums {
			sums[j] = inner[T, A](a, b, left, step, mb.at+j*mb.col, mb.row, k)
			if err := r.spend(k); err != nil {
				return err
			}
		}
		return nil
	}
	n := len(sums)
	for p := range k {
		addScaled(sums, A(a[left+p*step]), b[mb.at+p*mb.row:][:n])
		if err := r.spend(n); err != nil {
			return err
		}
	}
	return nil
}

// addScaled adds w·x to sums. The conversion keeps a float product from being
// fused into the addition.
func addScaled[T summand, A total](sums []A, w A, x []T) {
	for j, v := range x {
		sums[j] += A(w * A(v))
	}
}

func inner[T summand, A total](a, b []T, i, stepA, j, stepB, k int) A {
	var sum A
	for range k {
		sum += A(A(a[i]) * A(b[j]))
		i, j = i+stepA, j+stepB
	}
	return sum
}

// multiplyInto writes the product of two matrices of inputs 0 and 1 to rows of
// output 0, of which the first starts at to. Floats pass through finish, if it
// is not nil, before they are rounded.
func (r *run) multiplyInto(to int, ma, mb matrix, m, k, n int, finish func(i int, row []float64)) error {
	a, err := r.widen(r.in[0])
	if err != nil {
		return err
	}
	b, err := r.widen(r.in[1])
	if err != nil {
		return err
	}
	floats := func(i int, row []float64) {
		if finish != nil {
			finish(i, row)
		}
		store(r.out[0], to+i*n, 1, row)
	}
	switch a := a.(type) {
	case []float32:
		return dot(r, a, b.([]float32), ma, mb, m, k, n, floats)
	case []float64:
		return dot(r, a, b.([]float64), ma, mb, m, k, n, floats)
	case []int32:
		return dot(r, a, b.([]int32), ma, mb, m, k, n, narrow[int32, int64](r.out[0], to))
	case []int64:
		return dot(r, a, b.([]int64), ma, mb, m, k, n, narrow[int64, int64](r.out[0], to))
	case []uint32:
		return dot(r, a, b.([]uint32), ma, mb, m, k, n, narrow[uint32, uint64](r.out[0], to))
	case []uint64:
		return dot(r, a, b.([]uint64), ma, mb, m, k, n, narrow[uint64, uint64](r.out[0], to))
	}
	return r.noType()
}

// narrow stores rows of integers, wrapping around.
func narrow[T summand, A total](out *tensor.Tensor, to int) func(i int, row []A) {
	data := tensor.Data[T](out)
	return func(i int, row []A) {
		for j, v := range row {
			data[to+i*len(row)+j] = T(v)
		}
	}
}

// matMul loops over the leading dimensions, which broadcast.
func matMul(r *run) error {
	a, b := r.in[0].Shape, r.in[1].Shape
	m, n := 1, 1
	if len(a) > 1 {
		m = a[len(a)-2]
	} else {
		a = tensor.Shape{1, a[0]}
	}
	if len(b) > 1 {
		n = b[len(b)-1]
	} else {
		b = tensor.Shape{b[0], 1}
	}
	k := a[len(a)-1]
	batchA, batchB := a[:len(a)-2], b[:len(b)-2]
	batch := batchA
	if len(batchB) > len(batch) {
		batch = batchB
	}
	batch = r.out[0].Shape[:len(batch)]
	loops := nest(batch, scaled(strides(batch), m*n), scaled(broadcastSteps(batchA, batch), m*k), scaled(broadcastSteps(batchB, batch), k*n))
	var failed error
	err := r.walk(loops, [operands]int{}, func(l loop, at [operands]int) {
		for range l.n {
			if failed == nil {
				failed = r.multiplyInto(at[0], matrix{at[1], k, 1}, matrix{at[2], n, 1}, m, k, n, nil)
			}
			for o, s := range l.step {
				at[o] += s
			}
		}
	})
	if failed != nil {
		return failed
	}
	return err
}

func scaled(steps []int, by int) []int {
	for i := range steps {
		steps[i] *= by
	}
	return steps
}

// gemm is alpha·A'·B' + beta·C, with alpha and beta 1 for integers.
func gemm(r *run) error {
	a, b, out := r.in[0].Shape, r.in[1].Shape, r.out[0].Shape
	ma, mb, k := matrix{0, a[1], 1}, matrix{0, b[1], 1}, a[1]
	if r.Attrs.Int("transA", 0) != 0 {
		ma, k = ma.transposed(), a[0]
	}
	if r.Attrs.Int("transB", 0) != 0 {
		mb = mb.transposed()
	}
	alpha, beta := float64(r.Attrs.Float("alpha", 0)), float64(r.Attrs.Float("beta", 0))
	var bias []float64
	var steps []int
	if len(r.in) > 2 && r.in[2] != nil {
		var err error
		if bias, err = r.scratch(out[1]); err != nil {
			return err
		}
		steps = broadcastSteps(r.in[2].Shape, out)
	}
	err := r.multiplyInto(0, ma, mb, out[0], k, out[1], func(i int, row []float64) {
		for j := range row {
			row[j] *= alpha
		}
		if bias == nil {
			return
		}
		load(bias, r.in[2], i*steps[0], steps[1])
		for j, v := range bias {
			row[j] += float64(beta * v)
		}
	})
	if err != nil || bias == nil || isFloat(r.out[0].DType) {
		return err
	}
	return binary{nil, add[int64], add[uint64]}.run(r, r.out[0], r.in[2])
}
