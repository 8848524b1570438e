package kernel

import "github.com/mixconv/mixconv/runtime/internal/act"

// Copy writes src to dst over a nest of (dst, src); it moves, permutes and
// repeats.
func Copy(n Nest, dst, src []float32) Job {
	return n.bind(func(r run) { copyRun(r, dst, src) })
}

// CopyNow is Copy at once, on the calling goroutine, without allocation.
func (n Nest) CopyNow(dst, src []float32) {
	outer := 1
	for _, d := range n.dims[:len(n.dims)-1] {
		outer *= d
	}
	for i := range outer {
		copyRun(n.at(i), dst, src)
	}
}

func copyRun(r run, dst, src []float32) {
	d, s := dst[r.offset[0]:], src[r.offset[1]:]
	if r.stride[0] == 1 && r.stride[1] == 1 {
		copy(d[:r.n], s[:r.n])
		return
	}
	for i := range r.n {
		d[i*r.stride[0]] = s[i*r.stride[1]]
	}
}

// Unary writes f(src) to dst over a nest of (dst, src).
func Unary(s *Set, n Nest, dst, src []float32, f act.Func) Job {
	return n.bind(func(r run) {
		d, x := dst[r.offset[0]:], src[r.offset[1]:]
		if r.stride[0] == 1 && r.stride[1] == 1 {
			s.Activate(d, 0, x, 0, 1, r.n, f)
			return
		}
		s.Activate(d, r.stride[0], x, r.stride[1], r.n, 1, f)
	})
}

// Map writes f(src) to dst over a nest of (dst, src).
func Map(n Nest, dst, src []float32, f func(float64) float64) Job {
	return n.bind(func(r run) {
		d, x := dst[r.offset[0]:], src[r.offset[1]:]
		for i := range r.n {
			d[i*r.stride[0]] = float32(f(float64(x[i*r.stride[1]])))
		}
	})
}

// BinaryOp is an element-wise function of two operands.
type BinaryOp uint8

// The binary operators, as ONNX names them.
const (
	Add BinaryOp = iota
	Sub
	Mul
	Div
	PRelu // a, and where that is negative a·b
)

// Binary writes op(a, b) to dst over a nest of (dst, a, b).
func Binary(s *Set, n Nest, dst, a, b []float32, op BinaryOp) Job {
	strided := [...]func(d, x, y []float32, r run){Add: add, Sub: sub, Mul: mul, Div: div, PRelu: prelu}[op]
	rows := [...]func(d []float32, dStep int, x []float32, xStep int, y []float32, yStep, rows, n int){Add: s.Add, Sub: s.Sub, Mul: s.Mul, Div: s.Div, PRelu: nil}[op]
	return n.bind(func(r run) {
		d, x, y := dst[r.offset[0]:], a[r.offset[1]:], b[r.offset[2]:]
		if rows != nil && r.stride == [3]int{1, 1, 1} {
			rows(d, 0, x, 0, y, 0, 1, r.n)
			return
		}
		strided(d, x, y, r)
	})
}

func add(d, x, y []float32, r run) {
	for i := range r.n {
		d[i*r.stride[0]] = x[i*r.stride[1]] + y[i*r.stride[2]]
	}
}

func sub(d, x, y []float32, r run) {
	for i := range r.n {
		d[i*r.stride[0]] = x[i*r.stride[1]] - y[i*r.stride[2]]
	}
}

func mul(d, x, y []float32, r run) {
	for i := range r.n {
		d[i*r.stride[0]] = x[i*r.stride[1]] * y[i*r.stride[2]]
	}
}

func div(d, x, y []float32, r run) {
	for i := range r.n {
		d[i*r.stride[0]] = x[i*r.stride[1]] / y[i*r.stride[2]]
	}
}

func prelu(d, x, y []float32, r run) {
	for i := range r.n {
		v := x[i*r.stride[1]]
		if v < 0 {
			v *= y[i*r.stride[2]]
		}
		d[i*r.stride[0]] = v
	}
}
