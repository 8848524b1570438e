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
	for _, k := range []int{16, 40, 240, 1200} {
		b.Run(fmt.Sprintf("k=%d", k), func(b *testing.B) {
			eachSet(b, func(b *testing.B, s *Set) {
				m := s.Rows * 16
				a, dst := make([]float32, m*k), make([]float32, m*s.Panel)
				w, bias := make([]float32, k*s.Panel), make([]float32, s.Panel)
				for b.Loop() {
					s.Gemm(dst, s.Panel, a, k, m, onePiece, k, w, len(w), bias, s.Panel)
				}
				rate(b, m*k*s.Panel)
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
					for b.Loop() {
						s.Depthwise(dst, s.Lanes, width*s.Lanes, x, s.Lanes, p.pitch(), w, bias, p.taps, 7, width, s.Lanes, 0, infinity)
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
