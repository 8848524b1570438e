//go:build !purego

package kernel

import (
	"math"

	"github.com/mixconv/mixconv/runtime/internal/act"
	"golang.org/x/sys/cpu"
)

//go:generate go -C _asm run . -out ../kernels_amd64.s -stubs ../kernels_amd64.go -pkg kernel

// machineSets lists the instruction sets that the processor has.
func machineSets() []*Set {
	var list []*Set
	x := cpu.X86
	if x.HasAVX2 && x.HasFMA && x.HasBMI2 {
		list = append(list, avx2.set())
		if x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL {
			list = append(list, avx512.set())
		}
	}
	return list
}

// functions is one instruction set's generated code; see kernels_amd64.go.
type functions struct {
	name         string
	lanes        int // floats in a vector
	rows         int // rows of a tile of gemm
	gemm1, gemm2 func(dst *float32, dstStride int, a *float32, aStride, m int, pieces *int, npieces, k int, panel *float32, panelStep int, bias *float32, n int)
	depthwise    func(dst *float32, dstStep int, x *float32, xStep int, w, bias *float32, taps *int, ntaps, pixels, channels int)
	clamp        func(x *float32, n int, lo, hi float32)
	hardSigmoid  func(x *float32, n int, a, b float32)
	hardSwish    func(x *float32, n int, a, b float32)
	sigmoid      func(x *float32, n int, high, low, most float32)
	swish        func(x *float32, n int, high, low, most float32)
	add, mul     func(dst, a, b *float32, n int)
	copyRows     func(dst *float32, dstStep int, src *float32, srcStep, rows, n int)
	sum          func(dst *float64, x *float32, step, pixels, channels int)
}

var avx2 = functions{name: "avx2", lanes: 8, rows: 6, gemm1: gemm1xAVX2, gemm2: gemm2xAVX2, depthwise: depthwiseAVX2, clamp: clampAVX2,
	hardSigmoid: hardSigmoidAVX2, hardSwish: hardSwishAVX2, sigmoid: sigmoidAVX2, swish: swishAVX2, add: addAVX2, mul: mulAVX2, copyRows: copyRowsAVX2, sum: sumAVX2}

var avx512 = functions{name: "avx512", lanes: 16, rows: 12, gemm1: gemm1xAVX512, gemm2: gemm2xAVX512, depthwise: depthwiseAVX512, clamp: clampAVX512,
	hardSigmoid: hardSigmoidAVX512, hardSwish: hardSwishAVX512, sigmoid: sigmoidAVX512, swish: swishAVX512, add: addAVX512, mul: mulAVX512, copyRows: copyRowsAVX512, sum: sumAVX512}

func (f *functions) set() *Set {
	return &Set{Name: f.name, Panel: 2 * f.lanes, Rows: f.rows, Gemm: f.gemm, Lanes: f.lanes, Depthwise: f.depthwiseRun, Activate: f.activate,
		Add: f.addSlices, Mul: f.mulSlices, CopyRows: f.copyRun, Sum: f.sums}
}

// The methods below check, as the portable code's slices do, that everything
// lies inside what was given, and hand over addresses.

func (f *functions) gemm(dst []float32, dstStride int, a []float32, aStride, m int, pieces []int, k int, panel []float32, step int, bias []float32, n int) {
	if m <= 0 || n <= 0 {
		return
	}
	_, _ = dst[(m-1)*dstStride+n-1], bias[n-1]
	code := f.gemm1
	if n > f.lanes {
		code = f.gemm2
	}
	last := len(pieces) - 1
	if last < 0 || k <= 0 { // an empty sum: nothing of a and panel is read
		code(&dst[0], dstStride, nil, aStride, m, nil, 0, 0, nil, step, &bias[0], n)
		return
	}
	_, _ = a[(m-1)*aStride+pieces[last]+k-1], panel[last*step+k*2*f.lanes-1] // pieces ascend
	code(&dst[0], dstStride, &a[0], aStride, m, &pieces[0], len(pieces), k, &panel[0], step, &bias[0], n)
}

func (f *functions) depthwiseRun(dst []float32, dstStep int, x []float32, xStep int, w, bias []float32, taps []Tap, pixels, channels int) {
	if len(taps) == 0 || pixels <= 0 || channels <= 0 {
		depthwise(dst, dstStep, x, xStep, w, bias, taps, pixels, channels)
		return
	}
	_ = dst[(pixels-1)*dstStep+channels-1]
	_ = bias[channels-1]
	for _, t := range taps[len(taps)-1:] { // offsets ascend
		_ = x[(pixels-1)*xStep+t.X+channels-1]
		_ = w[t.W+channels-1]
	}
	f.depthwise(&dst[0], dstStep, &x[0], xStep, &w[0], &bias[0], &taps[0].X, len(taps), pixels, channels)
}

// activate handles all kinds; the portable code is left those that do nothing.
func (f *functions) activate(x []float32, a act.Func) {
	if len(x) == 0 {
		return
	}
	switch n := len(x); a.Kind {
	case act.Relu:
		f.clamp(&x[0], n, 0, infinity)
	case act.Clip:
		f.clamp(&x[0], n, a.A, a.B)
	case act.Sigmoid:
		high, low, most := power(1)
		f.sigmoid(&x[0], n, high, low, most)
	case act.Swish:
		high, low, most := power(a.A)
		f.swish(&x[0], n, high, low, most)
	case act.HardSigmoid:
		f.hardSigmoid(&x[0], n, a.A, a.B)
	case act.HardSwish:
		f.hardSwish(&x[0], n, a.A, a.B)
	default:
		activate(x, a)
	}
}

// power turns e^(-alpha·x) into 2^((high+low)·x), and says how large x may be
// for that to be a normal number; further out the sigmoid is 0 or 1 to
// rounding.
func power(alpha float32) (high, low, most float32) {
	s := -float64(alpha) * math.Log2E
	high = float32(s)
	low = float32(s - float64(high))
	return high, low, float32(math.Min(math.MaxFloat32, 125.9/math.Abs(s)))
}

func (f *functions) addSlices(dst, a, b []float32) {
	if n := len(dst); n > 0 {
		_, _ = a[n-1], b[n-1]
		f.add(&dst[0], &a[0], &b[0], n)
	}
}

func (f *functions) mulSlices(dst, a, b []float32) {
	if n := len(dst); n > 0 {
		_, _ = a[n-1], b[n-1]
		f.mul(&dst[0], &a[0], &b[0], n)
	}
}

func (f *functions) copyRun(dst []float32, dstStep int, src []float32, srcStep, rows, n int) {
	if rows > 0 && n > 0 {
		_, _ = dst[(rows-1)*dstStep+n-1], src[(rows-1)*srcStep+n-1]
		f.copyRows(&dst[0], dstStep, &src[0], srcStep, rows, n)
	}
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
