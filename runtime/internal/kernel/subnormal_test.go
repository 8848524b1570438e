package kernel

import (
	"math"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mixconv/mixconv/runtime/internal/act"
)

// Subnormal numbers are those below the smallest normal one. The portable kernels
// compute with them as IEEE 754 says. The assembly takes them for zeros, as operands
// and as results, except in quotients; what only moves or compares values keeps them.
const smallestNormal = 0x1p-126

// mixture is n numbers: subnormal ones, such as are just normal, and usual ones.
func mixture(r *rand.Rand, n int) []float32 {
	list := randoms(r, n)
	for i := range list {
		switch r.IntN(4) {
		case 0, 1:
			list[i] = math.Float32frombits(r.Uint32()&(1<<31|1<<23-1) | 1)
		case 2:
			list[i] *= 0x1p-120
		}
	}
	return list
}

// slack is by how much a sum of products may differ from the exact one if the
// computation takes subnormal numbers for zeros: of is the sum of absolute values
// with something added to each operand. Rounding is a part of the sum itself.
func slack(products int, of func(more float64) float64) float64 {
	return 1e-5*of(0) + of(smallestNormal) - of(0) + float64(2*products)*smallestNormal
}

func plus(v float32, more float64) float64 { return math.Abs(float64(v)) + more }

// withSubnormals are the sets whose Gemm, Add, Sub and Mul are plain Go.
var withSubnormals = []string{Portable.Name}

// TestSubnormalPrimitives pins what each set does with subnormal numbers.
func TestSubnormalPrimitives(t *testing.T) {
	a, b := float32(3e-39), float32(5e-40)
	x, y := float32(3e-38), float32(2.9e-38)
	binary := func(op func(s *Set) binaryFunc) func(s *Set, x, y float32) float32 {
		return func(s *Set, x, y float32) float32 {
			const n = 37 // whole vectors and a part of one
			d := make([]float32, n)
			op(s)(d, 0, slices.Repeat([]float32{x}, n), 0, slices.Repeat([]float32{y}, n), 0, 1, n)
			for _, v := range d[1:] {
				if v != d[0] {
					t.Errorf("%s: %g beside %g", s.Name, v, d[0])
				}
			}
			return d[0]
		}
	}
	gemm := func(s *Set, x, y float32) float32 {
		d, w := make([]float32, 1), make([]float32, s.Panel)
		w[0] = y
		s.Gemm(&GemmArgs{Dst: d, DstStride: 1, Left: Left{A: []float32{x}, AStride: 1, M: 1, Lines: 1, Pieces: onePiece, K: 1}, Panel: w, Bias: make([]float32, s.Panel), N: 1, Lo: -infinity, Hi: infinity})
		return d[0]
	}
	for _, c := range []struct {
		what          string
		f             func(s *Set, x, y float32) float32
		x, y          float32
		ieee, machine float32
	}{
		{"a + b", binary(func(s *Set) binaryFunc { return s.Add }), a, b, a + b, 0},
		{"a + 1", binary(func(s *Set) binaryFunc { return s.Add }), a, 1, 1, 1},
		{"a - b, both normal", binary(func(s *Set) binaryFunc { return s.Sub }), x, y, x - y, 0},
		{"a · b of normal numbers", binary(func(s *Set) binaryFunc { return s.Mul }), 1e-20, 1e-20, 1e-40, 0},
		{"a · 2¹⁰", binary(func(s *Set) binaryFunc { return s.Mul }), a, 1024, a * 1024, 0},
		{"b / a", binary(func(s *Set) binaryFunc { return s.Div }), b, a, b / a, b / a},
		{"max(a, b)", binary(func(s *Set) binaryFunc { return s.Max }), a, b, a, a},
		{"max(-a, -b)", binary(func(s *Set) binaryFunc { return s.Max }), -a, -b, -b, -b},
		{"gemm a · 2¹⁰", gemm, a, 1024, a * 1024, 0},
		{"gemm of normal numbers", gemm, 1e-20, 1e-20, 1e-40, 0},
	} {
		for _, s := range Sets {
			want := c.machine
			if slices.Contains(withSubnormals, s.Name) {
				want = c.ieee
			}
			if got := c.f(s, c.x, c.y); got != want {
				t.Errorf("%s: %s = %g, want %g", s.Name, c.what, got, want)
			}
		}
	}
}

type binaryFunc = func(dst []float32, dstStep int, a []float32, aStep int, b []float32, bStep, rows, n int)

// TestSubnormalMoves: what moves or compares values keeps subnormal ones, bit for
// bit, and functions of one variable are off by less than the smallest normal number.
func TestSubnormalMoves(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 32))
	for _, s := range Sets {
		for n := range 70 {
			x := mixture(r, n)
			for _, f := range append([]act.Func{{}}, testActs...) {
				got := make([]float32, n)
				s.Activate(got, 0, x, 0, 1, n, f)
				for i, v := range x {
					want := exact(f, float64(v))
					most := slack(1, func(more float64) float64 { return math.Abs(want) + more }) + cancelled(f, v)
					switch f.Kind {
					case act.None, act.Relu, act.Clip, act.Round:
						most = 0
					}
					near(t, got[i], want, most, "%s %v(%g) in lane %d of %d", s.Name, f, v, i, n)
				}
			}
		}
	}
}

// TestSubnormalConv: convolutions of weights, pictures, biases and residuals with
// subnormal numbers among them; and a gate in front of one.
func TestSubnormalConv(t *testing.T) {
	for _, s := range Sets {
		r := rand.New(rand.NewPCG(33, 34))
		for i := range rounds(200) {
			g := randomGeometry(r, i%2 == 0)
			g.subnormal, g.f = true, []act.Func{{}, {Kind: act.Relu}}[r.IntN(2)]
			g.check(t, r, func(in, out Image, f Finish, weights, bias []float32) Job {
				if i%2 == 0 {
					return bindMixed(s, Mixed{In: in, Out: out, Finish: f, Groups: []MixedGroup{{g.in, g.win}}}, weights, bias)
				}
				return bindConv(s, packedConv(s, g, in, out, f, weights, bias))
			})
		}
		for range rounds(50) {
			subnormalGate(t, r, s)
		}
	}
}

// subnormalGate multiplies a picture's channels on their way into a pointwise
// convolution.
func subnormalGate(t *testing.T, r *rand.Rand, s *Set) {
	t.Helper()
	const k, n, pixels = 19, 21, 30
	x, scale, w, bias := mixture(r, pixels*k), mixture(r, k), mixture(r, n*k), mixture(r, n)
	out := make([]float32, pixels*n)
	c := Conv{In: Image{Data: x, N: 1, H: 1, W: pixels, C: k, Pixel: k}, Out: Image{Data: out, N: 1, H: 1, W: pixels, C: n, Pixel: n},
		Window: Window{KH: 1, KW: 1, SH: 1, SW: 1, DH: 1, DW: 1}, Bias: bias, Scale: Image{Data: scale, N: 1, H: 1, W: 1, C: k, Pixel: k}}
	c.Weights = s.PackConv(&testSlab, rowsOf(w, k), 1, n, k, 1)
	bindConv(s, c).All()
	for i, got := range out {
		want := float64(bias[i%n])
		for l := range k {
			want += float64(x[i/n*k+l]) * float64(scale[l]) * float64(w[i%n*k+l])
		}
		near(t, got, want, slack(2*k, func(more float64) float64 {
			sum := plus(bias[i%n], more)
			for l := range k {
				sum += (plus(x[i/n*k+l], more)*plus(scale[l], more) + more) * plus(w[i%n*k+l], more)
			}
			return sum
		}), "%s: gated, element %d", s.Name, i)
	}
}

// TestSubnormalRows: products of two matrices, softmax and means.
func TestSubnormalRows(t *testing.T) {
	r := rand.New(rand.NewPCG(35, 36))
	for _, s := range Sets {
		for range rounds(50) {
			rows, k, n := 1+r.IntN(20), 1+r.IntN(130), 1+r.IntN(70)
			m := MatMul{Batch: []int{1, 1}, Rows: rows, K: k, N: n, Scale: 1, Bias: mixture(r, n), A: Matrix{mixture(r, rows*k), []int{0, 0}, k, 1},
				B: Matrix{mixture(r, k*n), []int{0, 0}, n, 1}, Out: Matrix{make([]float32, rows*n), []int{0, 0}, n, 1}}
			want := m.exact()
			m.Work = testWork(m.ScratchSize(s), 0)
			m.Bind(s).All()
			for i, got := range m.Out.Data {
				near(t, got, want[i], slack(k, func(more float64) float64 {
					sum := plus(m.Bias[i%n], more)
					for l := range k {
						sum += plus(m.A.Data[i/n*k+l], more) * plus(m.B.Data[l*n+i%n], more)
					}
					return sum
				}), "%s: matmul, element %d", s.Name, i)
			}
			subnormalSoftmax(t, r, s, n)
			subnormalMeans(t, r, s, n)
		}
	}
}

// subnormalSoftmax has elements whose share is subnormal.
func subnormalSoftmax(t *testing.T, r *rand.Rand, s *Set, n int) {
	t.Helper()
	m := Softmax{Rows: 1, N: n, In: mixture(r, n), Out: make([]float32, n), Work: testWork(rowScratch(0), 0)}
	m.In[0] = 90
	m.Bind(s).All()
	sum := 0.0
	for _, v := range m.In {
		sum += math.Exp(float64(v) - 90)
	}
	for i, v := range m.In {
		want := math.Exp(float64(v)-90) / sum
		near(t, m.Out[i], want, 2e-5*want+2*smallestNormal, "%s: softmax, element %d of %d", s.Name, i, n)
	}
}

// subnormalMeans has the mean of all pixels, and those of windows.
func subnormalMeans(t *testing.T, r *rand.Rand, s *Set, channels int) {
	t.Helper()
	const side = 4
	in := Image{Data: mixture(r, side*side*channels), N: 1, H: side, W: side, C: channels, Pixel: channels}
	mean := Image{Data: make([]float32, channels), N: 1, H: 1, W: 1, C: channels, Pixel: channels}
	windows := mean
	windows.Data = make([]float32, channels)
	greatest := mean
	greatest.Data = make([]float32, channels)
	w := Window{KH: side, KW: side, SH: 1, SW: 1, DH: 1, DW: 1}
	Pool{In: in, Out: mean, Area: side * side, Work: testWork(0, 0)}.Bind(s).All()
	WindowPool{Window: w, In: in, Out: windows, Rows: []int{side}, Cols: []int{side}}.Bind(s).All()
	WindowPool{Window: w, In: in, Out: greatest}.Bind(s).All()
	for c := range channels {
		sum, absolute, most := 0.0, 0.0, math.Inf(-1)
		for i := range side * side {
			v := float64(in.at(i)[c])
			sum, absolute, most = sum+v, absolute+math.Abs(v), max(most, v)
		}
		limit := (1e-5*absolute+2*side*side*smallestNormal)/(side*side) + smallestNormal
		near(t, mean.Data[c], sum/(side*side), limit, "%s: mean, channel %d", s.Name, c)
		near(t, windows.Data[c], sum/(side*side), limit, "%s: mean of a window, channel %d", s.Name, c)
		near(t, greatest.Data[c], most, 0, "%s: greatest of a window, channel %d", s.Name, c)
	}
}

// keepsSubnormals reports whether Go code halves a subnormal number v. It compares
// bits: in the kernels' mode, a subnormal number is equal to 0.
//
//go:noinline
func keepsSubnormals(v float32) bool { return math.Float32bits(v/2) == math.Float32bits(v)/2 }

// TestSubnormalModeStays: while and after kernels run, Go code on the same threads
// computes with subnormal numbers as ever.
func TestSubnormalModeStays(t *testing.T) {
	const tiny = 0x1p-140
	var work sync.WaitGroup
	end := time.Now().Add(time.Duration(rounds(1000)) * time.Millisecond)
	for range 4 {
		work.Go(func() {
			s := Sets[len(Sets)-1]
			x, sums := make([]float32, 1<<12), make([]float64, 64)
			for time.Now().Before(end) {
				for _, f := range testActs {
					s.Activate(x, 0, x, 0, 1, len(x), f)
				}
				s.Mul(x, 0, x, 0, x, 0, 1, len(x))
				s.Sum(sums, x, 64, 64)
				s.Gemm(&GemmArgs{Dst: x[:16], DstStride: s.Panel, Left: Left{A: x, AStride: 64, M: 1, Lines: 1, Pieces: onePiece, K: 64}, Panel: x, Bias: x, N: min(s.Panel, 16), Lo: -infinity, Hi: infinity})
				if !keepsSubnormals(tiny) {
					t.Error("a kernel left its mode behind")
					return
				}
			}
		})
		work.Go(func() {
			for time.Now().Before(end) {
				for range 10000 {
					if !keepsSubnormals(tiny) {
						t.Error("the mode of a kernel is seen by another goroutine")
						return
					}
				}
			}
		})
	}
	work.Wait()
}

// TestSubnormalCode: every function of the assembly that sets the mode puts back
// what was there before each return; and these are all that compute.
func TestSubnormalCode(t *testing.T) {
	code, err := os.ReadFile("kernels_amd64.s")
	if err != nil {
		t.Fatal(err)
	}
	keeps := regexp.MustCompile(`^(clamp|round|max|div|peak)AVX`)
	functions := strings.Split(string(code), "\nTEXT ·")[1:]
	for _, f := range functions {
		name, _, _ := strings.Cut(f, "(")
		var order []string
		for _, line := range strings.Split(f, "\n") {
			if op := strings.Fields(line); len(op) > 0 && slices.Contains([]string{"VSTMXCSR", "VLDMXCSR", "RET", "CALL"}, op[0]) {
				order = append(order, op[0])
			}
		}
		want := "VSTMXCSR VLDMXCSR VLDMXCSR RET"
		if keeps.MatchString(name) {
			want = "RET"
		}
		if got := strings.Join(order, " "); got != want {
			t.Errorf("%s has %s, want %s", name, got, want)
		}
	}
	if len(functions) == 0 {
		t.Error("no function found")
	}
}

// BenchmarkSubnormal has the time of steps on subnormal numbers over that on usual
// ones. What it is without a mode depends on the processor, from 1 to 200.
func BenchmarkSubnormal(b *testing.B) {
	const k, n, pixels = 96, 24, 28 * 28
	fill := func(n int, v float32) []float32 { return slices.Repeat([]float32{v}, n) }
	window := Window{KH: 3, KW: 3, SH: 1, SW: 1, DH: 1, DW: 1, Top: 1, Lft: 1}
	image := func(c int, v float32) Image {
		return Image{Data: fill(pixels*c, v), N: 1, H: 28, W: 28, C: c, Pixel: c}
	}
	steps := []struct {
		name string
		make func(s *Set, x, w float32) Job
	}{
		{"conv", func(s *Set, x, w float32) Job {
			c := Conv{In: image(k, x), Out: image(n, 0), Window: Window{KH: 1, KW: 1, SH: 1, SW: 1, DH: 1, DW: 1}, Bias: fill(n, 0)}
			c.Weights = s.PackConv(&testSlab, rowsOf(fill(n*k, w), k), 1, n, k, 1)
			return bindConv(s, c)
		}},
		{"depthwise", func(s *Set, x, w float32) Job {
			return bindMixed(s, Mixed{In: image(k, x), Out: image(k, 0), Groups: []MixedGroup{{k, window}}}, fill(9*k, w), fill(k, 0))
		}},
		{"mul", func(s *Set, x, w float32) Job {
			a, b, d := fill(1<<12, x), fill(1<<12, w), fill(1<<12, 0)
			return Job{Tasks: 1, Run: func(int, int) { s.Mul(d, 0, a, 0, b, 0, 1, len(d)) }}
		}},
		{"swish", func(s *Set, x, w float32) Job {
			a, d := fill(1<<12, x), fill(1<<12, 0)
			return Job{Tasks: 1, Run: func(int, int) { s.Activate(d, 0, a, 0, 1, len(d), act.Func{Kind: act.Swish, A: 1}) }}
		}},
		{"mean", func(s *Set, x, w float32) Job {
			return Pool{In: image(k, x), Out: Image{Data: fill(k, 0), N: 1, H: 1, W: 1, C: k, Pixel: k}, Area: pixels, Work: testWork(0, 0)}.Bind(s)
		}},
	}
	for _, step := range steps {
		b.Run(step.name, func(b *testing.B) {
			eachSet(b, func(b *testing.B, s *Set) {
				for _, c := range []struct {
					name string
					x, w float32
				}{{"activations", 1e-39, 0.5}, {"weights", 0.5, 1e-39}, {"results", 1e-20, 1e-20}} {
					b.Run(c.name, func(b *testing.B) { ratio(b, step.make(s, 0.5, 0.5), step.make(s, c.x, c.w)) })
				}
			})
		})
	}
}

// ratio runs two jobs in turns, and compares the shortest times of each.
func ratio(b *testing.B, usual, subnormal Job) {
	times := [2]time.Duration{math.MaxInt64, math.MaxInt64}
	for b.Loop() {
		for i, job := range []Job{usual, subnormal} {
			start := time.Now()
			job.All()
			times[i] = min(times[i], time.Since(start))
		}
	}
	b.ReportMetric(float64(times[1])/float64(times[0]), "subnormal/usual")
}
