package kernel

// Conv is a convolution that mixes channels, in one or more groups.
type Conv struct {
	In, Out Image
	Window  Window
	Weights []Packed  // per group: [out/groups][kh·kw·in/groups], channels fastest
	Bias    []float32 // one per output channel
	Finish  Finish
	Scratch func(worker int) []float32 // ScratchSize floats each
}

// tileFloats is how many input values one task reads at a time, so that they
// stay in the first-level cache while all panels pass over them.
const tileFloats = 6 << 10

// tile is the number of output pixels of a task, a multiple of what suits
// Gemm.
func (c *Conv) tile(s *Set) int {
	pixels := min(tileFloats/max(c.Weights[0].K, 1), 64)
	return max(s.Rows, pixels/s.Rows*s.Rows)
}

// ScratchSize is the number of floats that Bind's job needs per worker.
func (c *Conv) ScratchSize(s *Set) int {
	if c.Window.pointwise(c.In, c.Out) {
		return 0
	}
	return c.tile(s) * c.Weights[0].K
}

// Bind returns the job; a task is a run of output pixels.
func (c Conv) Bind(s *Set) Job {
	tile, pixels := c.tile(s), c.Out.pixels()
	return Job{Tasks: (pixels + tile - 1) / tile, Run: func(task, worker int) {
		first := task * tile
		m := min(tile, pixels-first)
		for g := range c.Weights {
			c.group(s, g, first, m, worker)
		}
		c.Finish.apply(s, &c.Out, first, m)
	}}
}

func (c *Conv) group(s *Set, g, first, m, worker int) {
	w := c.Weights[g]
	groupIn := c.In.C / len(c.Weights)
	in := c.In.channels(g*groupIn, groupIn)
	out := c.Out.channels(g*w.Rows, w.Rows)
	a, stride := in.Data, in.Pixel
	if c.Window.pointwise(c.In, c.Out) {
		a = a[first*stride:]
	} else {
		a, stride = c.Scratch(worker), w.K
		for i := range m {
			c.gather(a[i*stride:][:stride], &in, first+i)
		}
	}
	s.multiply(out.Data[first*out.Pixel:], out.Pixel, a, stride, m, w, c.Bias[g*w.Rows:])
}

// gather copies what output pixel i reads into row, zeros where the window
// lies outside the picture.
func (c *Conv) gather(row []float32, in *Image, i int) {
	w := c.Window
	x := i % c.Out.W
	y := i / c.Out.W % c.Out.H
	picture := i / (c.Out.W * c.Out.H) * in.H
	clear(row)
	y0, x0 := y*w.SH-w.Top, x*w.SW-w.Lft
	fromY, toY := span(y0, w.KH, w.DH, in.H)
	fromX, toX := span(x0, w.KW, w.DW, in.W)
	for ky := fromY; ky < toY; ky++ {
		line := (picture + y0 + ky*w.DH) * in.W
		if w.DW == 1 && in.Pixel == in.C && fromX < toX {
			n := (toX - fromX) * in.C // taps of a row are one run
			copy(row[(ky*w.KW+fromX)*in.C:][:n], in.Data[(line+x0+fromX)*in.C:])
			continue
		}
		for kx := fromX; kx < toX; kx++ {
			copy(row[(ky*w.KW+kx)*in.C:][:in.C], in.at(line+x0+kx*w.DW))
		}
	}
}
