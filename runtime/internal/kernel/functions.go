//go:build amd64 && !purego

package kernel

import (
	"math"
	"slices"

	"github.com/mixconv/mixconv/runtime/internal/act"
)

// What generated code of any architecture has around it: the checks that everything
// lies inside what was given, the sum blocks, the choice among activations, the rests
// that are left to plain Go. An architecture adds its name to the line above, and a
// table of functions in a file of its own.

type rowsCode = func(dst *float32, dstStep int, a *float32, aStep int, b *float32, bStep, rows, n int)

// functions is one instruction set's generated code; see kernels_amd64.go for what each computes.
type functions struct {
	vectors
	gemm1, gemm2  func(*gemmCode)
	product       func(dst, a *float32, k, run int, panels *float32, step int, bias *float32, lo, hi float32)
	depthwise     [2][2]func(*depthwiseCode)  // by vectors and stride, from 1
	lines         [12][2]func(*depthwiseCode) // by width, and stride from 1
	clamp         func(dst *float32, dstStep int, src *float32, srcStep, rows, n int, lo, hi float32)
	hardSigmoid   func(dst *float32, dstStep int, src *float32, srcStep, rows, n int, a, b float32)
	hardSwish     func(dst *float32, dstStep int, src *float32, srcStep, rows, n int, a, b float32)
	sigmoid       func(dst *float32, dstStep int, src *float32, srcStep, rows, n int, scale, least, most float32)
	swish         func(dst *float32, dstStep int, src *float32, srcStep, rows, n int, scale, least, most float32)
	exp           func(dst *float32, dstStep int, src *float32, srcStep, rows, n int, shift, scale, least, most float32)
	leakyRelu     func(dst *float32, dstStep int, src *float32, srcStep, rows, n int, a float32)
	round         func(dst *float32, dstStep int, src *float32, srcStep, rows, n int)
	odd, oddGate  func(dst *float32, dstStep int, src *float32, srcStep, rows, n int, table *float32)
	add, sub, mul rowsCode
	div, max      rowsCode
	sum           func(dst *float64, x *float32, step, pixels, channels int)
	peak          func(rounds int)
}

func (f *functions) set() *Set {
	s := f.plain()
	s.Gemm, s.Product, s.Depthwise, s.Activate, s.Sum = f.gemm, f.products, f.depthwiseRows, f.activate, f.sums
	s.Peak = f.peaks
	s.Add, s.Sub, s.Mul, s.Div, s.Max = binaryRows(f.add), binaryRows(f.sub), binaryRows(f.mul), binaryRows(f.div), binaryRows(f.max)
	return s
}

// The methods below check, as the portable code's slices do, that everything
// lies inside what was given, and hand over addresses.

func (f *functions) gemm(g *GemmArgs) {
	if g.M <= 0 || g.Lines <= 0 || g.N <= 0 {
		return
	}
	_, _ = g.Dst[(g.Lines-1)*g.DstPitch+(g.M-1)*g.DstStride+g.N-1], g.Bias[g.N-1]
	c := &g.code
	c.dst, c.dstStride, c.gap = &g.Dst[0], g.DstStride, g.DstPitch-g.M*g.DstStride
	c.aStride, c.m, c.lines = g.AStride, g.M, g.Lines
	c.n, c.lo, c.hi = g.N, g.Lo, g.Hi
	c.first, c.total = &g.Bias[0], nil
	c.pieces = nil
	if pieces := g.Pieces; len(pieces) > 0 && g.K > 0 { // else an empty sum: nothing of A and Panel is read
		last := &pieces[len(pieces)-1]
		_, _ = g.A[(g.Lines*g.M-1)*g.AStride+last.A+g.K-1], g.Panel[(last.W+g.K)*2*f.lanes-1]
		c.a, c.k, c.panel, c.pieces, c.last = &g.A[0], g.K, &g.Panel[0], &pieces[0].A, &last.A
		c.count, c.run = blocks(len(pieces), g.K)
		if c.count < len(pieces) || c.run < g.K {
			c.first, c.total = &none[0], c.first
		}
		c.ahead, c.pace = f.ahead(last.W+g.K, g.M*g.Lines)
	}
	if g.N > f.lanes {
		f.gemm2(c)
	} else {
		f.gemm1(c)
	}
}

// none is what sums begin with that are added to a bias.
var none [32]float32

// ahead is what gemm should prefetch while it computes m rows with a panel of k
// steps: as much of what lies behind, mostly the next panel, as it reads of
// this one, in even parts. Weights are read once a run, and come from far.
func (f *functions) ahead(k, m int) (bytes, pace int) {
	const nearest, farthest = 32 << 10, 128 << 10
	step := 4 * 2 * f.lanes
	if pace = step * f.rows / m; pace > lineBytes {
		return 0, 0 // too few rows to ask for all of it
	}
	return min(max(step*k, nearest), farthest), pace
}

// products computes four panels at a time, as the code does.
func (f *functions) products(dst, a, panels, bias []float32, lo, hi float32) int {
	const streams = 4
	k, panel := len(a), 2*f.lanes
	_, run := blocks(1, k)
	done := 0
	for ; k > 0 && done+streams*panel <= len(dst); done += streams * panel {
		_, _ = panels[(done+streams*panel)*k-1], bias[done+streams*panel-1]
		f.product(&dst[done], &a[0], k, run, &panels[done*k], k*panel, &bias[done], lo, hi)
	}
	return done
}

// linePixels is how many pixels of a row the code of lines computes at once.
const linePixels = 7

// depthwiseRows leaves strides above 2, and windows that see nothing of the
// picture, to the portable code.
func (f *functions) depthwiseRows(d *DepthwiseArgs) {
	if d.Rows <= 0 || d.Pixels <= 0 || d.Channels <= 0 {
		return
	}
	lanes, vectors := 2*f.lanes, (d.Channels+f.lanes-1)/f.lanes
	stride, wide, ntaps := d.XStep/lanes, vectors*f.lanes, len(d.Taps)
	if ntaps == 0 || stride > 2 {
		d.depthwise(lanes, wide)
		return
	}
	_, _ = d.Dst[(d.Rows-1)*d.DstPitch+(d.Pixels-1)*d.DstStep+wide-1], d.Bias[wide-1]
	_, _ = d.X[(d.Rows-1)*d.XPitch+(d.Pixels-1)*d.XStep+d.Taps[ntaps-1]+wide-1], d.Weights[(ntaps-1)*lanes+wide-1] // taps ascend
	c := &d.code
	c.dst, c.dstStep, c.dstPitch = &d.Dst[0], d.DstStep, d.DstPitch
	c.x, c.xPitch = &d.X[0], d.XPitch
	c.w, c.bias, c.taps, c.ntaps = &d.Weights[0], &d.Bias[0], &d.Taps[0], ntaps
	c.rows, c.pixels, c.vectors, c.lo, c.hi = d.Rows, d.Pixels, vectors, d.Lo, d.Hi
	if d.Line < len(f.lines) && f.lines[d.Line][stride-1] != nil && d.Pixels >= linePixels {
		rest := d.Pixels % linePixels
		c.pixels -= rest
		c.line, c.lines = 0, ntaps/d.Line
		if c.lines > 1 {
			c.line = d.Taps[d.Line] - d.Taps[0]
		}
		f.lines[d.Line][stride-1](c)
		if rest == 0 {
			return
		}
		c.dst, c.x, c.pixels = &d.Dst[c.pixels*d.DstStep], &d.X[c.pixels*d.XStep], rest
	}
	f.depthwise[vectors-1][stride-1](c)
}

// activate has code for every kind; what does nothing but move is a clamp
// without bounds.
func (f *functions) activate(dst []float32, dstStep int, src []float32, srcStep, rows, n int, a act.Func) {
	if rows <= 0 || n <= 0 {
		return
	}
	_, _ = dst[(rows-1)*dstStep+n-1], src[(rows-1)*srcStep+n-1]
	d, x := &dst[0], &src[0]
	switch a.Kind {
	case act.None:
		f.clamp(d, dstStep, x, srcStep, rows, n, -infinity, infinity)
	case act.Relu:
		f.clamp(d, dstStep, x, srcStep, rows, n, 0, infinity)
	case act.Clip:
		f.clamp(d, dstStep, x, srcStep, rows, n, a.A, a.B)
	case act.Sigmoid:
		scale, least, most := power(1, smallest)
		f.sigmoid(d, dstStep, x, srcStep, rows, n, scale, least, most)
	case act.Swish:
		scale, least, most := power(a.A, smallest)
		f.swish(d, dstStep, x, srcStep, rows, n, scale, least, most)
	case act.LeakyRelu:
		f.leakyRelu(d, dstStep, x, srcStep, rows, n, a.A)
	case act.Round:
		f.round(d, dstStep, x, srcStep, rows, n)
	case act.Exp:
		scale, least, most := power(-1, underflow)
		f.exp(d, dstStep, x, srcStep, rows, n, a.A, scale, least, most)
	case act.Tanh, act.Erf:
		f.odd(d, dstStep, x, srcStep, rows, n, &tables[a.Kind][0])
	case act.Gelu, act.GeluTanh:
		f.oddGate(d, dstStep, x, srcStep, rows, n, &tables[a.Kind][0])
	case act.HardSigmoid:
		f.hardSigmoid(d, dstStep, x, srcStep, rows, n, a.A, a.B)
	case act.HardSwish:
		f.hardSwish(d, dstStep, x, srcStep, rows, n, a.A, a.B)
	default:
		activate(dst, dstStep, src, srcStep, rows, n, a)
	}
}

// The powers of two that the code has: underflow gives 0, overflow infinity, by
// which sigmoid becomes 0, and swish 0 for any finite x. Where 1 is added to it, the
// smallest normal power is small enough.
const (
	underflow = -127
	smallest  = -125.9
	overflow  = 128
)

// power turns e^(-alpha·x) into 2^(8·scale·x), and says between which numbers x must
// lie for 8·scale·x to lie between low and overflow.
func power(alpha float32, low float64) (scale, least, most float32) {
	s := -float64(alpha) * math.Log2E
	bound := func(power float64) float32 { return float32(max(-math.MaxFloat32, min(math.MaxFloat32, power/s))) }
	least, most = bound(low), bound(overflow)
	if s < 0 {
		least, most = most, least
	}
	return float32(s / 8), least, most
}

// tables are the odd functions as the code reads them: each number sixteen
// times.
var tables = func() (list [len(odds)][]float32) {
	for kind, o := range odds {
		if o == nil {
			continue
		}
		numbers := []float32{o.most, o.bound}
		for _, coefficients := range [][]float32{o.p[:], o.q[:]} {
			for _, c := range slices.Backward(coefficients) {
				numbers = append(numbers, c)
			}
		}
		for _, v := range numbers {
			list[kind] = append(list[kind], slices.Repeat([]float32{v}, 16)...)
		}
	}
	return list
}()

func binaryRows(code rowsCode) func(dst []float32, dstStep int, a []float32, aStep int, b []float32, bStep, rows, n int) {
	return func(dst []float32, dstStep int, a []float32, aStep int, b []float32, bStep, rows, n int) {
		if rows > 0 && n > 0 {
			_, _, _ = dst[(rows-1)*dstStep+n-1], a[(rows-1)*aStep+n-1], b[(rows-1)*bStep+n-1]
			code(&dst[0], dstStep, &a[0], aStep, &b[0], bStep, rows, n)
		}
	}
}

func (f *functions) peaks(rounds int) int64 {
	rounds = max(rounds, 1)
	f.peak(rounds)
	return int64(rounds) * int64(chains*f.lanes)
}

// sums runs the code on multiples of eight channels, plain Go on the rest.
func (f *functions) sums(dst []float64, x []float32, step, pixels int) {
	whole := len(dst) &^ 7
	if whole > 0 && pixels > 0 {
		_ = x[(pixels-1)*step+whole-1]
		f.sum(&dst[0], &x[0], step, pixels, whole)
	} else {
		clear(dst[:whole])
	}
	if whole < len(dst) {
		sum(dst[whole:], x[whole:], step, pixels)
	}
}
