package kernel

import "math"

// MaxPool is the greatest value of each channel in a window; padding never is.
type MaxPool struct {
	Window
	In, Out Image
}

// Bind returns the job; a task is a row of one picture.
func (p MaxPool) Bind(*Set) Job {
	return Job{Tasks: p.Out.N * p.Out.H, Run: func(task, _ int) {
		n, y := task/p.Out.H, task%p.Out.H
		top := y*p.SH - p.Top
		fromRow, toRow := span(top, p.KH, p.DH, p.In.H)
		for r := range p.runs(p.Out.W, p.In.W) {
			for x := r.x; x < r.x+r.pixels; x++ {
				out := p.Out.at((n*p.Out.H+y)*p.Out.W + x)
				for c := range out {
					out[c] = float32(math.Inf(-1))
				}
				left := x*p.SW - p.Lft
				for ky := fromRow; ky < toRow; ky++ {
					row := (n*p.In.H + top + ky*p.DH) * p.In.W
					for kx := r.from; kx < r.to; kx++ {
						raise(out, p.In.at(row+left+kx*p.DW))
					}
				}
			}
		}
	}}
}

// raise sets each element to the greater of it and x's. NaN stays.
func raise(most, x []float32) {
	for i, v := range x[:len(most)] {
		if v > most[i] || v != v {
			most[i] = v
		}
	}
}
