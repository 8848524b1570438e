package kernel

import (
	"math"

	"github.com/mixconv/mixconv/runtime/internal/act"
)

// WindowPool is the greatest value of each channel in a window, where padding
// never is, or the mean.
type WindowPool struct {
	Window
	In, Out Image
	// Of a mean, how many rows of each row's windows, and columns of each
	// column's, the sum is divided by; nil: the greatest value.
	Rows, Cols []int
}

// Bind returns the job; a task is a row of one picture.
func (p WindowPool) Bind(s *Set) Job {
	join := s.Max
	if p.Rows != nil {
		join = s.Add
	}
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
						join(out, p.Out.Pixel, out, p.Out.Pixel, in, p.SW*p.In.Pixel, r.pixels, p.In.C)
					}
					first = false
				}
			}
			switch {
			case first:
				p.outside(row*p.Out.W+x, r.pixels)
			case p.Rows != nil:
				p.divide(row, x, r.pixels)
			}
			x += r.pixels
		}
	}}
}

// outside fills pixels whose windows see nothing of the picture.
func (p *WindowPool) outside(from, pixels int) {
	nothing := float32(math.Inf(-1))
	if p.Rows != nil {
		nothing = 0
	}
	for i := range pixels {
		for c := range p.Out.at(from + i) {
			p.Out.at(from + i)[c] = nothing
		}
	}
}

// divide makes means of the sums of pixels in a row, from column x on.
func (p *WindowPool) divide(row, x, pixels int) {
	for i := range pixels {
		factor := 1 / float32(p.Rows[row%p.Out.H]*p.Cols[x+i])
		sums := p.Out.at(row*p.Out.W + x + i)
		for c := range sums {
			sums[c] *= factor
		}
	}
}
