package special

import (
	"math"

	"github.com/mixconv/mixconv/tensor"
)

// lengths of vectors: whole ones of eight and sixteen lanes, their tails, and a long
// one in which each value meets each lane.
var lengths = []int{1, 3, 8, 15, 17, 31, 70, 16*31 + 5}

// feeds are the inputs of the calls of a line with element type d.
func (l line) feeds(d tensor.DType) (calls [][]*tensor.Tensor) {
	v := valuesOf(d)
	if summing[l.op] {
		v = moderate(v)
	}
	k := v.Elements()
	cyclic := func(from int, shape ...int) *tensor.Tensor {
		at := make([]int, tensor.Shape(shape).Elements())
		for i := range at {
			at[i] = (from + i) % k
		}
		return taken(v, at, shape...)
	}
	add := func(in ...*tensor.Tensor) { calls = append(calls, in) }
	row := func() *tensor.Tensor { // row r has values r and r+1 and ordinary ones, so that each shows
		at := []int{}
		for r := range k {
			at = append(at, r, 1, (r+1)%k, 1, 3)
		}
		for i := range at {
			at[i] %= k
		}
		return taken(v, at, k, 5)
	}
	switch l.form {
	case vector:
		for i, n := range lengths {
			add(cyclic(7*i, n))
		}
	case pair:
		a, b := make([]int, 0, k*k), make([]int, 0, k*k)
		for i := range k * k {
			x, y := i/k, i%k
			if l.divides() && !isFloat(d) && unsafeQuotient(v, x, y) {
				continue
			}
			a, b = append(a, x), append(b, y)
		}
		for _, n := range []int{len(a), 13} {
			add(taken(v, a[len(a)-n:], n), taken(v, b[len(b)-n:], n))
		}
	case list:
		for i, n := range lengths {
			add(cyclic(i, n), cyclic(3*i+1, n), cyclic(5, n))
			add(cyclic(i, n), cyclic(3*i+2, n))
		}
	case rows:
		add(row())
		add(cyclic(0, k, 1))
	case reduced:
		add(row(), tensor.Of([]int64{-1}, 1))
		add(row(), tensor.Of([]int64{0}, 1))
	case picture:
		for i := range k {
			add(cyclic(i, 1, 2, 5, 7))
		}
	case condition:
		mask := tensor.New(tensor.Bool, 70)
		for i := range 70 {
			mask.Data.([]bool)[i] = i%3 == 0
		}
		add(mask, cyclic(0, 70), cyclic(2, 70))
	case bounds:
		for i := range k {
			add(cyclic(0, 70), taken(v, []int{i}), taken(v, []int{(i + 3) % k}))
		}
	case axis:
		for i := range k {
			add(cyclic(i, 4), tensor.Of([]int64{0}))
		}
	case matrices:
		for i := range k {
			add(cyclic(i, 3, 4), taken(v, []int{1, 1, 3, 3, 1, 1, 3, 1}, 4, 2))
		}
	case scaled:
		one := taken(v, []int{1, 1}, 2)
		for i := range k {
			in := []*tensor.Tensor{cyclic(i, 1, 2, 1, 3), one, cyclic(i, 2), taken(v, []int{1, 3}, 2), one}
			if l.op == "InstanceNormalization" {
				in = in[:3]
			}
			add(in...)
		}
	case shaped:
		x := row()
		if l.op == "Split" || l.op == "TopK" {
			x = taken(x, transposed(k, 5), 5, k)
		}
		add(x, tensor.Of(l.more, len(l.more)))
	}
	return calls
}

// transposed are the elements of a matrix of m rows and n columns, column by column.
func transposed(m, n int) (at []int) {
	for c := range n {
		for r := range m {
			at = append(at, r*n+c)
		}
	}
	return at
}

// moderate are those of a tensor of floats whose sums and squares are finite and not
// rounded away: all but the largest and the smallest.
func moderate(v *tensor.Tensor) *tensor.Tensor {
	var at []int
	for i, f := range numbersOf(v) {
		if size := math.Abs(f); f != f || math.IsInf(f, 0) || f == 0 || size > 1e-3 && size < 2e4 {
			at = append(at, i)
		}
	}
	if at == nil {
		return v
	}
	return taken(v, at, len(at))
}

// divides reports whether integers divided by zero, or the smallest by -1, end the
// process of ONNX Runtime.
func (l line) divides() bool { return l.op == "Div" || l.op == "Mod" }

func unsafeQuotient(v *tensor.Tensor, x, y int) bool {
	by := taken(v, []int{y})
	zero, minus := true, true
	for _, b := range bytesOf(by) {
		zero, minus = zero && b == 0, minus && b == 0xff
	}
	return zero || minus
}

func isFloat(d tensor.DType) bool {
	return d == tensor.Float32 || d == tensor.Float64 || d == tensor.Float16 || d == tensor.BFloat16
}
