//go:build linux

package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"github.com/mixconv/mixconv/runtime/internal/act"
	"golang.org/x/sys/unix"
)

// guarded allocates n floats that end right before a page that may not be
// touched, or begin right behind one: reading or writing a float too many is a
// fault.
func guarded(t *testing.T, n int, atEnd bool) []float32 {
	t.Helper()
	page := unix.Getpagesize()
	room := (4*n + page - 1) / page * page
	mem, err := unix.Mmap(-1, 0, room+2*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Munmap(mem) })
	for _, guard := range [][]byte{mem[:page], mem[page+room:]} {
		if err := unix.Mprotect(guard, unix.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	from := page
	if atEnd {
		from += room - 4*n
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&mem[from])), n)
}

func fill(r *rand.Rand, x []float32) []float32 {
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

func compareFloats(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i := range want {
		if diff := math.Abs(float64(got[i] - want[i])); !(diff <= 1e-5*(1+math.Abs(float64(want[i])))) {
			t.Fatalf("%s: element %d is %g, want %g", what, i, got[i], want[i])
		}
	}
}

// TestGuardedGemm covers every number of rows and columns of a tile.
func TestGuardedGemm(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	for _, s := range Sets {
		for _, atEnd := range []bool{false, true} {
			const most = 29 // rows
			for _, k := range []int{1, 5, uncut + 1} {
				a, panel := fill(r, guarded(t, most*k, atEnd)), fill(r, guarded(t, k*s.Panel, atEnd))
				for n := 1; n <= s.Panel; n++ {
					dst, bias := guarded(t, most*n, atEnd), fill(r, guarded(t, n, atEnd))
					for m := 1; m <= most; m++ {
						d, x := dst[:m*n], a[:m*k]
						if atEnd {
							d, x = dst[(most-m)*n:], a[(most-m)*k:]
						}
						s.Gemm(&GemmArgs{Dst: d, DstStride: n, Left: Left{A: x, AStride: k, M: m, Lines: 1, Pieces: onePiece, K: k}, Panel: panel, Bias: bias, N: n, Lo: -infinity, Hi: 0.75})
						want := plainGemm(x, m, k, panel, s.Panel, bias, n)
						clamp(want, -infinity, 0.75)
						compareFloats(t, s.Name, d, want)
					}
				}
			}
		}
	}
}

// TestGuardedLines: lines are computed as if each were a call, and what lies
// between them stays.
func TestGuardedLines(t *testing.T) {
	const k = 7
	r := rand.New(rand.NewPCG(9, 3))
	for _, s := range Sets {
		for _, atEnd := range []bool{false, true} {
			for m := 1; m <= 2*s.Rows+3; m++ {
				for _, n := range []int{1, s.Vector, s.Panel - 1, s.Panel} {
					guardedLines(t, r, s, atEnd, m, n, k)
				}
			}
		}
	}
}

func guardedLines(t *testing.T, r *rand.Rand, s *Set, atEnd bool, m, n, k int) {
	t.Helper()
	const lines, untouched = 3, 12345
	stride := n + m%2
	line := (m-1)*stride + n
	pitch := line + m%5
	a, panel, bias := fill(r, guarded(t, lines*m*k, atEnd)), fill(r, guarded(t, k*s.Panel, atEnd)), fill(r, guarded(t, n, atEnd))
	dst := guarded(t, (lines-1)*pitch+line, atEnd)
	want := make([]float32, len(dst))
	for i := range dst {
		dst[i], want[i] = untouched, untouched
	}
	s.Gemm(&GemmArgs{Dst: dst, DstStride: stride, DstPitch: pitch, Left: Left{A: a, AStride: k, M: m, Lines: lines, Pieces: onePiece, K: k}, Panel: panel, Bias: bias, N: n, Lo: -0.5, Hi: infinity})
	for i := range lines {
		s.Gemm(&GemmArgs{Dst: want[i*pitch:], DstStride: stride, Left: Left{A: a[i*m*k:], AStride: k, M: m, Lines: 1, Pieces: onePiece, K: k}, Panel: panel, Bias: bias, N: n, Lo: -0.5, Hi: infinity})
	}
	if !slices.Equal(dst, want) {
		t.Fatalf("%s: %d lines of %d rows, %d columns: other than line by line", s.Name, lines, m, n)
	}
}

// TestGuardedProduct: what Product computes is what Gemm does, to the bit.
func TestGuardedProduct(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 3))
	for _, s := range Sets {
		for _, atEnd := range []bool{false, true} {
			for _, k := range []int{1, 7, uncut, uncut + 1, 3*uncut + 5} {
				for n := 1; n <= 9*s.Panel; n += 5 {
					guardedProduct(t, r, s, atEnd, k, n)
				}
			}
		}
	}
}

func guardedProduct(t *testing.T, r *rand.Rand, s *Set, atEnd bool, k, n int) {
	t.Helper()
	panels := (n + s.Panel - 1) / s.Panel
	a, data := fill(r, guarded(t, k, atEnd)), fill(r, guarded(t, panels*k*s.Panel, atEnd))
	dst, bias := guarded(t, n, atEnd), fill(r, guarded(t, n, atEnd))
	done := s.Product(dst, a, data, bias, -0.5, infinity)
	if done%s.Panel != 0 || done > n {
		t.Fatalf("%s computed %d of %d", s.Name, done, n)
	}
	want := make([]float32, s.Panel)
	for from := 0; from < done; from += s.Panel {
		s.Gemm(&GemmArgs{Dst: want, DstStride: s.Panel, Left: Left{A: a, AStride: k, M: 1, Lines: 1, Pieces: onePiece, K: k}, Panel: data[from*k:], Bias: bias[from:], N: s.Panel, Lo: -0.5, Hi: infinity})
		for i := range want {
			if dst[from+i] != want[i] {
				t.Fatalf("%s k=%d n=%d: element %d is %g, by Gemm %g", s.Name, k, n, from+i, dst[from+i], want[i])
			}
		}
	}
}

// TestGuardedSum covers numbers of pixels around a run of them, and of channels.
func TestGuardedSum(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 3))
	for _, s := range Sets {
		for _, atEnd := range []bool{false, true} {
			for n := 1; n <= 33; n++ {
				for pixels := 1; pixels <= 40; pixels += 1 + n%3 {
					x := fill(r, guarded(t, pixels*n, atEnd))
					sums, want := make([]float64, n), make([]float64, n)
					s.Sum(sums, x, n, pixels)
					Portable.Sum(want, x, n, pixels)
					for i := range sums {
						if sums[i] != want[i] {
							t.Fatalf("%s sum of %d pixels, %d channels: channel %d is %g, want %g", s.Name, pixels, n, i, sums[i], want[i])
						}
					}
				}
			}
		}
	}
}

func plainGemm(a []float32, m, k int, panel []float32, stride int, bias []float32, n int) []float32 {
	var out []float32
	for i := range m {
		for j := range n {
			sum := float64(bias[j])
			for l := range k {
				sum += float64(a[i*k+l]) * float64(panel[l*stride+j])
			}
			out = append(out, float32(sum))
		}
	}
	return out
}

// TestGuardedDepthwise covers every number of vectors and of pixels of a run,
// and the strides and widths of kernels that have code of their own and some
// that have not.
func TestGuardedDepthwise(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 3))
	for _, s := range Sets {
		for _, atEnd := range []bool{false, true} {
			for channels := s.Vector; channels <= s.Lanes; channels += s.Vector {
				for stride := 1; stride <= 3; stride++ {
					t.Run(fmt.Sprintf("%s/%v/%d/%d", s.Name, atEnd, channels, stride), func(t *testing.T) { // gives its memory back
						for pixels := 1; pixels <= 16; pixels++ {
							guardedDepthwise(t, r, s, atEnd, channels, stride, pixels, 2)
						}
						for _, width := range []int{3, 5, 7, 9, 11} {
							for _, pixels := range []int{6, 7, 8, 14} {
								guardedDepthwise(t, r, s, atEnd, channels, stride, pixels, width)
							}
						}
					})
				}
			}
		}
	}
}

// guardedDepthwise computes two rows with a kernel of two lines.
func guardedDepthwise(t *testing.T, r *rand.Rand, s *Set, atEnd bool, channels, stride, pixels, width int) {
	t.Helper()
	cols := (pixels-1)*stride + width
	seen := (3*cols-1)*s.Lanes + channels // the last pixel may have fewer lanes
	x, w := fill(r, guarded(t, seen, atEnd)), fill(r, guarded(t, (2*width-1)*s.Lanes+channels, atEnd))
	dst, bias := guarded(t, 2*pixels*channels, atEnd), fill(r, guarded(t, channels, atEnd))
	want := make([]float32, len(dst))
	var taps []int
	for line := range 2 {
		for i := range width {
			taps = append(taps, (line*cols+i)*s.Lanes)
		}
	}
	lo, hi := float32(-0.5), float32(1.5)
	if pixels%2 == 0 {
		lo, hi = -infinity, infinity
	}
	d := &DepthwiseArgs{Dst: want, DstStep: channels, DstPitch: pixels * channels, X: x, XStep: stride * s.Lanes, XPitch: cols * s.Lanes, Weights: w, Bias: bias,
		Taps: taps, Line: width, Rows: 2, Pixels: pixels, Channels: channels, Lo: lo, Hi: hi}
	d.depthwise(s.Lanes, channels)
	d.Dst = dst
	s.Depthwise(d)
	compareFloats(t, s.Name, dst, want)
}

// TestGuardedActivate covers rows of every length, with canaries between them.
func TestGuardedActivate(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 3))
	for _, s := range Sets {
		for _, atEnd := range []bool{false, true} {
			for n := 1; n <= 70; n++ {
				const rows, gap = 3, 2
				src, dst := fill(r, guarded(t, rows*n, atEnd)), guarded(t, rows*(n+gap)-gap, atEnd)
				for _, f := range append(testActs, act.Func{}) {
					want := make([]float32, len(dst))
					for i := range dst {
						dst[i], want[i] = 42, 42
					}
					s.Activate(dst, n+gap, src, n, rows, n, f)
					Portable.Activate(want, n+gap, src, n, rows, n, f)
					compareFloats(t, s.Name+" "+f.Kind.String(), dst, want)
				}
			}
		}
	}
}

// TestGuardedSlices covers every length of the functions on slices.
func TestGuardedSlices(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for _, s := range Sets {
		for _, atEnd := range []bool{false, true} {
			for n := range 70 {
				a, b, dst := fill(r, guarded(t, n, atEnd)), fill(r, guarded(t, n, atEnd)), guarded(t, n, atEnd)
				want := make([]float32, n)
				for name, f := range map[string][2]func([]float32, int, []float32, int, []float32, int, int, int){
					"add": {s.Add, Portable.Add}, "sub": {s.Sub, Portable.Sub}, "mul": {s.Mul, Portable.Mul}, "div": {s.Div, Portable.Div}, "max": {s.Max, Portable.Max},
				} {
					f[0](dst, 0, a, 0, b, 0, 1, n)
					f[1](want, 0, a, 0, b, 0, 1, n)
					if !slices.Equal(dst, want) {
						t.Fatalf("%s %s of %d: %v, want %v", s.Name, name, n, dst, want)
					}
				}
				for _, f := range append(testActs, act.Func{}) {
					copy(dst, a)
					copy(want, a)
					s.Activate(dst, 0, dst, 0, 1, n, f)
					Portable.Activate(want, 0, want, 0, 1, n, f)
					compareFloats(t, s.Name+" "+f.Kind.String(), dst, want)
				}
			}
		}
	}
}
