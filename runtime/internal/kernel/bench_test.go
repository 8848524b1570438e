package kernel

import (
	"fmt"
	"testing"

	"github.com/mixconv/mixconv/runtime/internal/act"
)

// Benchmarks of the primitives on data that stays close, for every set of this
// machine: what the loops around them cannot exceed.

func eachSet(b *testing.B, run func(b *testing.B, s *Set)) {
	for _, s := range Sets {
		b.Run(s.Name, func(b *testing.B) { run(b, s) })
	}
}

// rate reports GFLOP/s of work multiply-adds an iteration.
func rate(b *testing.B, work int) {
	b.ReportMetric(2*float64(work)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
}

func BenchmarkGemm(b *testing.B) {
	for _, k := range []int{8, 16, 24, 40, 80, 240, 1200} {
		b.Run(fmt.Sprintf("k=%d", k), func(b *testing.B) {
			eachSet(b, func(b *testing.B, s *Set) {
				m := s.Rows * 16
				a, dst := make([]float32, m*k), make([]float32, m*s.Panel)
				w, bias := make([]float32, k*s.Panel), make([]float32, s.Panel)
				g := &GemmArgs{Dst: dst, DstStride: s.Panel, Left: Left{A: a, AStride: k, M: m, Lines: 1, Pieces: onePiece, K: k}, Panel: w, Bias: bias, N: s.Panel, Lo: -infinity, Hi: infinity}
				for b.Loop() {
					s.Gemm(g)
				}
				rate(b, m*k*s.Panel)
			})
		})
	}
}

// BenchmarkConv has pointwise convolutions of MixNet-S, with everything that a
// step does.
func BenchmarkConv(b *testing.B) {
	for _, c := range []struct{ side, k, n int }{{112, 16, 16}, {56, 96, 24}, {28, 144, 40}, {14, 480, 80}, {7, 720, 200}, {7, 200, 1536}, {1, 1536, 1000}} {
		b.Run(fmt.Sprintf("%d/%d-%d", c.side, c.k, c.n), func(b *testing.B) {
			eachSet(b, func(b *testing.B, s *Set) {
				image := func(channels int) Image {
					return Image{Data: make([]float32, c.side*c.side*channels), N: 1, H: c.side, W: c.side, C: channels, Pixel: channels}
				}
				job := Conv{In: image(c.k), Out: image(c.n), Window: Window{KH: 1, KW: 1, SH: 1, SW: 1},
					Weights: s.PackConv(&testSlab, rowsOf(make([]float32, c.n*c.k), c.k), 1, c.n, c.k, 1), Bias: make([]float32, c.n), Work: testWork(0, 0)}.Bind(s)
				testSlab.Wait()
				for b.Loop() {
					job.All()
				}
				rate(b, c.side*c.side*c.k*c.n)
			})
		})
	}
}

// BenchmarkExpand has inverted residual blocks of MixNet-S up to the projection.
func BenchmarkExpand(b *testing.B) {
	for _, c := range []struct{ side, in, out, kernel, stride int }{{112, 16, 96, 3, 2}, {56, 24, 72, 3, 1}, {28, 40, 240, 5, 1}, {14, 80, 480, 7, 1}, {7, 200, 1200, 9, 1}} {
		b.Run(fmt.Sprintf("%d/%d-%d/%dx%d", c.side, c.in, c.out, c.kernel, c.kernel), func(b *testing.B) {
			eachSet(b, func(b *testing.B, s *Set) {
				image := func(side, channels int) Image {
					return Image{Data: make([]float32, side*side*channels), N: 1, H: side, W: side, C: channels, Pixel: channels}
				}
				w := Window{KH: c.kernel, KW: c.kernel, SH: c.stride, SW: c.stride, DH: 1, DW: 1, Top: c.kernel / 2, Lft: c.kernel / 2}
				m := Mixed{In: image(c.side, c.out), Out: image(c.side/c.stride+c.side%c.stride, c.out), Groups: []MixedGroup{{c.out, w}},
					Finish: Finish{Act: act.Func{Kind: act.Relu}}}
				m.Panels = s.PackMixed(&testSlab, m.Groups, 0, []Rows{rowsOf(make([]float32, c.out*c.kernel*c.kernel), c.kernel*c.kernel)}, make([]float32, c.out))
				e := Expand{In: image(c.side, c.in), Groups: 1, Act: m.Finish.Act}
				e.Weights, e.Bias = s.PackExpand(&testSlab, m.Panels, rowsOf(make([]float32, c.in*c.out), c.in), make([]float32, c.out), c.in)
				m.Expand = &e
				m.Work = testWork(m.ScratchSize(s), 0)
				testSlab.Wait()
				job := m.Bind(s)
				for b.Loop() {
					job.All()
				}
				rate(b, c.side*c.side*c.in*c.out+m.Out.H*m.Out.W*c.kernel*c.kernel*c.out)
			})
		})
	}
}

func BenchmarkDepthwise(b *testing.B) {
	for _, k := range []int{3, 5, 9} {
		for _, width := range []int{7, 14, 28, 56} {
			b.Run(fmt.Sprintf("%dx%d/%d", k, k, width), func(b *testing.B) {
				eachSet(b, func(b *testing.B, s *Set) {
					m := Mixed{In: Image{W: width + k - 1, H: k}, Out: Image{W: width, H: 7}, Panels: make([]Panel, leastTasks)}
					p := m.plane(s, MixedGroup{Window: Window{KH: k, KW: k, SH: 1, SW: 1, DH: 1, DW: 1}})
					x, dst := make([]float32, (k+6)*p.pitch()), make([]float32, 7*width*s.Lanes)
					w, bias := make([]float32, k*k*s.Lanes), make([]float32, s.Lanes)
					d := &DepthwiseArgs{Dst: dst, DstStep: s.Lanes, DstPitch: width * s.Lanes, X: x, XStep: s.Lanes, XPitch: p.pitch(), Weights: w, Bias: bias,
						Taps: p.taps, Line: p.line, Rows: 7, Pixels: width, Channels: s.Lanes, Lo: -infinity, Hi: infinity}
					for b.Loop() {
						s.Depthwise(d)
					}
					rate(b, 7*width*k*k*s.Lanes)
				})
			})
		}
	}
}

func BenchmarkActivate(b *testing.B) {
	for _, f := range []act.Func{{Kind: act.Relu}, {Kind: act.Swish, A: 1}, {Kind: act.HardSwish, A: 1. / 6, B: 0.5}} {
		b.Run(f.Kind.String(), func(b *testing.B) {
			eachSet(b, func(b *testing.B, s *Set) {
				x := make([]float32, 1024)
				for b.Loop() {
					s.Activate(x, 0, x, 0, 1, len(x), f)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(x))*16, "ns/16")
			})
		})
	}
}
