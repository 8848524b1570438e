package kernel

import (
	"math"

	"github.com/mixconv/mixconv/runtime/internal/act"
)

// MaxPool is the greatest value of each channel in a window; padding never is.
type MaxPool struct {
	Window
	In, Out Image
}

// Bind returns the job; a task is a row of one picture.
func (p MaxPool) Bind(s *Set) Job {
	return Job{Tasks: p.Out.N * p.Out.H, Run: func(row, _ int) {
		n, y := row/p.Out.H, row%p.Out.H
		top := y*p.SH - p.Top
		from, to := span(top, p.KH, p.DH, p.In.H)
		for x := 0; x < p.Out.W; {
			r := p.run(x, p.Out.W, p.In.W)
			out := p.Out.Data[(row*p.Out.W+x)*p.Out.Pixel:]
			first := true
			for ky := from; ky < to; ky++ {
				line := (n*p.In.H+top+ky*p.DH)*p.In.W + x*p.SW - p.Lft
				for kx := r.from; kx < r.to; kx++ {
					in := p.In.Data[(line+kx*p.DW)*p.In.Pixel:]
					if first {
						s.Activate(out, p.Out.Pixel, in, p.SW*p.In.Pixel, r.pixels, p.In.C, act.Func{})
					} else {
						s.Max(out, p.Out.Pixel, out, p.Out.Pixel, in, p.SW*p.In.Pixel, r.pixels, p.In.C)
					}
					first = false
				}
			}
			if first {
				p.outside(row*p.Out.W+x, r.pixels)
			}
			x += r.pixels
		}
	}}
}

// outside fills pixels whose windows see nothing of the picture.
func (p *MaxPool) outside(from, pixels int) {
	for i := range pixels {
		for c := range p.Out.at(from + i) {
			p.Out.at(from + i)[c] = float32(math.Inf(-1))
		}
	}
}
