package kernel

import "github.com/mixconv/mixconv/runtime/internal/act"

// Conv is a convolution that mixes channels, in one or more groups. A matrix
// product is one of pictures of one pixel.
type Conv struct {
	In, Out Image
	Window  Window
	Weights []Packed  // per group: [out/groups][kh·kw·in/groups]
	Bias    []float32 // one per output channel
	Scale   Image     // what each picture's channels are multiplied by first, one pixel each; Data nil: nothing
	Finish  Finish
	Work    func(worker int) *Workspace // with room for ScratchSize and MaxPieces

	// Planar says that In's channels lie in planes, as an input's do: channel c
	// of pixel i of a picture is Data[c·H·W + i]. Weights are then packed as
	// they come, [in][kh·kw]. CanPlanar says where that is possible.
	Planar bool
}

const (
	tileFloats  = 6 << 10  // what one task reads, to stay in the first-level cache
	tallFloats  = 40 << 10 // the same in the second-level cache, which spares reading large weights again
	tallRows    = 54       // reading weights again costs more than tiles of less are worth
	heavyFloats = 64 << 10 // weights that are large in that sense
)

// onePiece is a row of a matrix: all of it.
var onePiece = []Piece{{}}

// heavy reports whether the weights of a group are larger than the pictures
// that a task should read.
func (c *Conv) heavy() bool { return c.Weights[0].Rows*c.Weights[0].K > heavyFloats }

// tile is the number of output pixels of a task, a multiple of what suits
// Gemm, such that all tiles are about as large.
func (c *Conv) tile(s *Set) int {
	k := max(c.Weights[0].K, 1)
	most := max(min(tileFloats/k, 128), s.Rows)
	if c.heavy() {
		most = max(min(tallFloats/k, 256), tallRows)
	}
	tiles := (c.Out.pixels() + most - 1) / most
	pixels := (c.Out.pixels() + tiles - 1) / max(tiles, 1)
	return max(1, (pixels+s.Rows-1)/s.Rows) * s.Rows
}

// block is a part of one group's output channels.
type block struct{ group, from, to int }

// blocks cuts the output channels, whole panels and about as many in each, so
// that pictures of few tiles have tasks enough for several workers.
func (c *Conv) blocks(s *Set, tiles int) []block {
	var list []block
	for g, w := range c.Weights {
		panels := (w.Rows + s.Panel - 1) / s.Panel
		parts := 1
		if c.heavy() || tiles == 1 && w.Rows*w.K > heavyFloats/8 {
			tasks := leastTasks
			if !c.Window.pointwise(c.In, c.Out) {
				tasks = 2 // each gathers its windows anew
			} else if c.Scale.Data != nil {
				tasks = leastTasks / 2 // each scales its tile anew
			}
			parts = max(1, min((tasks+tiles-1)/tiles, panels/leastPanels))
			if parts > 1 {
				parts -= parts % 2 // an odd one would leave workers idle at the end
			}
		}
		for i := range parts {
			list = append(list, block{g, i * panels / parts * s.Panel, min((i+1)*panels/parts*s.Panel, w.Rows)})
		}
	}
	return list
}

// leastPanels is how many panels make up for what a task does to its tile
// before it multiplies.
const leastPanels = 3

// inPlace reports whether the product reads the windows from the picture, where
// each of their rows is one piece: with few output channels, copying them side
// by side first would cost more than it brings.
func (c *Conv) inPlace() bool {
	return c.Planar || c.rowwise() && c.In.Pixel == c.In.C
}

// CanPlanar reports whether the picture can be read as it comes from outside,
// which is worth it for few channels.
func (c *Conv) CanPlanar() bool { return c.rowwise() && c.In.C <= 4 && c.Window.KH*c.Window.KW > 1 }

func (c *Conv) rowwise() bool {
	return len(c.Weights) == 1 && c.Weights[0].Rows <= 64 && c.Out.W >= 16 && c.Window.DW == 1
}

// ScratchSize is the number of floats that Bind's job needs per worker; scaled
// says whether Scale will be there.
func (c *Conv) ScratchSize(s *Set, scaled bool) int {
	pointwise := c.Window.pointwise(c.In, c.Out)
	if pointwise && !scaled || !pointwise && c.inPlace() {
		return 0
	}
	return c.tile(s) * c.Weights[0].K
}

// MaxPieces is how many pieces Bind's job needs room for, per worker.
func (c *Conv) MaxPieces() int { return c.Window.KH * c.In.C }

// Bind returns the job. A task is a tile of output pixels and a block of their
// channels, or a row.
func (c Conv) Bind(s *Set) Job {
	if !c.Window.pointwise(c.In, c.Out) && c.inPlace() {
		return Job{Tasks: c.Out.N * c.Out.H, Run: func(task, worker int) {
			lo, hi, rest := c.Finish.clamp()
			c.rowTo(s, c.Out.Data[task*c.Out.W*c.Out.Pixel:], task, c.Work(worker), lo, hi)
			rest.apply(s, &c.Out, task*c.Out.W, c.Out.W)
		}}
	}
	tile, pixels := c.tile(s), c.Out.pixels()
	tiles := (pixels + tile - 1) / tile
	blocks := c.blocks(s, tiles)
	return Job{Tasks: tiles * len(blocks), Run: func(task, worker int) {
		first := task % tiles * tile
		c.block(s, blocks[task/tiles], first, min(tile, pixels-first), c.Work(worker))
	}}
}

// block computes a block of m pixels from first on.
func (c *Conv) block(s *Set, b block, first, m int, work *Workspace) {
	w, g := c.Weights[b.group], &work.gemm
	g.Left = c.left(s, b.group, first, m, work)
	from := b.group*w.Rows + b.from
	out := c.Out.channels(from, b.to-b.from)
	part := Packed{Rows: b.to - b.from, K: w.K, Data: w.Data[b.from*w.K:]}
	lo, hi, f := c.Finish.clamp()
	g.DstStride, g.DstPitch, g.Lo, g.Hi = out.Pixel, 0, lo, hi
	s.multiply(g, out.Data[first*out.Pixel:], part, c.Bias[from:])
	if f.Residual.Data != nil {
		f.Residual = f.Residual.channels(from, out.C)
	}
	f.apply(s, &out, first, m)
}

// left is what m output pixels from first on read, copied side by side or scaled if
// need be.
func (c *Conv) left(s *Set, group, first, m int, work *Workspace) Left {
	channels := c.In.C / len(c.Weights)
	in := c.In.channels(group*channels, channels)
	k := c.Weights[group].K
	r := Left{A: in.Data, AStride: in.Pixel, M: m, Lines: 1, Pieces: onePiece, K: k}
	pointwise := c.Window.pointwise(c.In, c.Out)
	if pointwise && c.Scale.Data == nil {
		r.A = r.A[first*r.AStride:]
		return r
	}
	r.A, r.AStride = work.Scratch, k
	scale, area := c.Scale, c.In.H*c.In.W
	if pointwise {
		scale = scale.channels(group*channels, channels)
	}
	if !pointwise {
		c.gather(s, r.A[:m*k], k, &in, first)
		return r
	}
	for i := 0; i < m; { // picture by picture
		picture, at := (first+i)/area, (first+i)%area
		n := min(m-i, area-at)
		s.Mul(r.A[i*k:], k, in.Data[(first+i)*in.Pixel:], in.Pixel, scale.at(picture), 0, n, k)
		i += n
	}
	return r
}

// rowTo writes an output row to dst, runs of pixels whose windows the picture
// cuts off alike at a time.
func (c *Conv) rowTo(s *Set, dst []float32, row int, work *Workspace, lo, hi float32) {
	g := &work.gemm
	g.DstStride, g.DstPitch, g.Lo, g.Hi = c.Out.Pixel, 0, lo, hi
	for x := 0; x < c.Out.W; {
		run := c.Window.run(x, c.Out.W, c.In.W)
		g.Left = c.windows(row, run, work.Pieces)
		s.multiply(g, dst[x*c.Out.Pixel:], c.Weights[0], c.Bias)
		x += run.pixels
	}
}

// windows is what a run of pixels in an output row reads.
func (c *Conv) windows(row int, run pixelRun, pieces []Piece) Left {
	in, w := c.In, c.Window
	y0 := row%c.Out.H*w.SH - w.Top
	fromY, toY := span(y0, w.KH, w.DH, in.H)
	planes, channels := 1, in.C // of which the pixels lie side by side
	if c.Planar {
		planes, channels = in.C, 1
	}
	r := Left{M: run.pixels, Lines: 1, AStride: w.SW * channels}
	if run.from >= run.to || fromY >= toY {
		return r
	}
	picture, pixel := row/c.Out.H*in.H*in.W, (y0+fromY*w.DH)*in.W+run.x*w.SW-w.Lft+run.from
	r.A = in.Data[picture*in.C+pixel*channels:]
	r.K = (run.to - run.from) * channels
	for plane := range planes {
		for ky := fromY; ky < toY; ky++ {
			r.Pieces = append(pieces[:len(r.Pieces)], Piece{
				A: (plane*in.H + (ky-fromY)*w.DH) * in.W * channels,
				W: ((plane*w.KH+ky)*w.KW + run.from) * channels,
			})
		}
	}
	return r
}

// gather copies what output pixels from first on read into rows of k, zeros where
// a window lies outside the picture.
func (c *Conv) gather(s *Set, rows []float32, k int, in *Image, first int) {
	for len(rows) > 0 {
		run := c.Window.run(first%c.Out.W, c.Out.W, in.W)
		run.pixels = min(run.pixels, len(rows)/k)
		c.gatherRun(s, rows[:run.pixels*k], k, in, first/c.Out.W, run)
		first += run.pixels
		rows = rows[run.pixels*k:]
	}
}

// gatherRun is gather for pixels of one row whose windows are cut off alike: a
// column of the rows at a time.
func (c *Conv) gatherRun(s *Set, rows []float32, k int, in *Image, row int, run pixelRun) {
	w := c.Window
	y0, x0 := row%c.Out.H*w.SH-w.Top, run.x*w.SW-w.Lft
	fromY, toY := span(y0, w.KH, w.DH, in.H)
	if fromY > 0 || toY < w.KH || run.from > 0 || run.to < w.KW {
		clear(rows)
	}
	taps := 1 // that lie side by side
	if w.DW == 1 && in.Pixel == in.C {
		taps = run.to - run.from
	}
	for ky := fromY; ky < toY; ky++ {
		line := (row/c.Out.H*in.H + y0 + ky*w.DH) * in.W
		for kx := run.from; kx < run.to; kx += taps {
			s.Activate(rows[(ky*w.KW+kx)*in.C:], k, in.Data[(line+x0+kx*w.DW)*in.Pixel:], w.SW*in.Pixel, run.pixels, taps*in.C, act.Func{})
		}
	}
}
