package kernel

// Conv is a convolution that mixes channels, in one or more groups.
type Conv struct {
	In, Out Image
	Window  Window
	Weights []Packed  // per group: [out/groups][kh·kw·in/groups], channels fastest
	Bias    []float32 // one per output channel
	Finish  Finish
	Scratch func(worker int) []float32 // ScratchSize floats each
	Pieces  func(worker int) []int     // MaxPieces each
}

// tileFloats is how many input values one task reads at a time, so that they
// stay in the first-level cache while all panels pass over them.
const tileFloats = 6 << 10

// onePiece is a row of a matrix: all of it.
var onePiece = []int{0}

// tile is the number of output pixels of a task, a multiple of what suits
// Gemm.
func (c *Conv) tile(s *Set) int {
	pixels := min(tileFloats/max(c.Weights[0].K, 1), 64)
	return max(s.Rows, pixels/s.Rows*s.Rows)
}

// inPlace reports whether the product reads the windows from the picture, where
// each of their rows is one piece: with few output channels, copying them side
// by side first would cost more than it brings.
func (c *Conv) inPlace() bool {
	return len(c.Weights) == 1 && c.Weights[0].Rows <= 64 && c.Out.W >= 16 && c.Window.DW == 1 && c.In.Pixel == c.In.C
}

// ScratchSize is the number of floats that Bind's job needs per worker.
func (c *Conv) ScratchSize(s *Set) int {
	if c.Window.pointwise(c.In, c.Out) || c.inPlace() {
		return 0
	}
	return c.tile(s) * c.Weights[0].K
}

// MaxPieces is how long the lists must be that Pieces returns.
func (c *Conv) MaxPieces() int { return c.Window.KH }

// Bind returns the job. A task is a run of output pixels, or a row of them.
func (c Conv) Bind(s *Set) Job {
	if !c.Window.pointwise(c.In, c.Out) && c.inPlace() {
		return Job{Tasks: c.Out.N * c.Out.H, Run: func(task, worker int) {
			for g := range c.Weights {
				c.row(s, g, task, c.Pieces(worker))
			}
			c.Finish.apply(s, &c.Out, task*c.Out.W, c.Out.W)
		}}
	}
	tile, pixels := c.tile(s), c.Out.pixels()
	return Job{Tasks: (pixels + tile - 1) / tile, Run: func(task, worker int) {
		first := task * tile
		m := min(tile, pixels-first)
		for g := range c.Weights {
			c.gathered(s, g, first, m, worker)
		}
		c.Finish.apply(s, &c.Out, first, m)
	}}
}

// group is the input and output of a group.
func (c *Conv) group(g int) (in, out Image) {
	channels, rows := c.In.C/len(c.Weights), c.Weights[g].Rows
	return c.In.channels(g*channels, channels), c.Out.channels(g*rows, rows)
}

// gathered computes m pixels from first on. Windows of more than one pixel are
// first copied side by side.
func (c *Conv) gathered(s *Set, g, first, m, worker int) {
	in, out := c.group(g)
	w := c.Weights[g]
	r := rows{a: in.Data, stride: in.Pixel, m: m, pieces: onePiece, k: w.K}
	if c.Window.pointwise(c.In, c.Out) {
		r.a = r.a[first*r.stride:]
	} else {
		r.a, r.stride = c.Scratch(worker), w.K
		for i := range m {
			c.gather(r.a[i*w.K:][:w.K], &in, first+i)
		}
	}
	s.multiply(out.Data[first*out.Pixel:], out.Pixel, r, w, c.Bias[g*w.Rows:])
}

// row computes an output row, runs of pixels whose windows the picture cuts
// off alike at a time.
func (c *Conv) row(s *Set, g, row int, pieces []int) {
	in, out := c.group(g)
	w := c.Window
	picture, y := row/out.H*in.H, row%out.H
	y0 := y*w.SH - w.Top
	fromY, toY := span(y0, w.KH, w.DH, in.H)
	for run := range w.runs(out.W, in.W) {
		r := rows{stride: w.SW * in.Pixel, m: run.pixels, step: w.KW * in.C}
		if run.from < run.to && fromY < toY {
			r.a = in.Data[((picture+y0+fromY*w.DH)*in.W+run.x*w.SW-w.Lft+run.from)*in.Pixel:]
			r.k, r.first = (run.to-run.from)*in.C, (fromY*w.KW+run.from)*in.C
			r.pieces = pieces[:toY-fromY]
		}
		for i := range r.pieces {
			r.pieces[i] = i * w.DH * in.W * in.Pixel
		}
		s.multiply(out.Data[(row*out.W+run.x)*out.Pixel:], out.Pixel, r, c.Weights[g], c.Bias[g*c.Weights[g].Rows:])
	}
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
