package kernel

// Mixed is a depthwise convolution whose groups of channels have kernels of
// their own (MDConv); a plain depthwise convolution has one group. Groups read
// and write their ranges of channels in place.
type Mixed struct {
	In, Out Image   // In has only its shape if Expand is there
	Expand  *Expand // computes In, or nil
	Groups  []MixedGroup
	Bias    []float32 // one per channel
	Finish  Finish
	Taps    func(worker int) []Tap     // MaxTaps each
	Scratch func(worker int) []float32 // ScratchSize floats each
}

// MixedGroup is one range of channels, in order.
type MixedGroup struct {
	Channels int
	Window   Window
	Weights  []float32 // [kh·kw][Channels]
	Planes   []float32 // PackPlanes of Weights, needed if ByPlane
}

// MaxTaps is how long the lists must be that Taps returns.
func (m *Mixed) MaxTaps() int {
	most := 0
	for _, g := range m.Groups {
		most = max(most, g.Window.KH*g.Window.KW)
	}
	return most
}

// Bind returns the job. Small pictures are worked on by range of channels,
// larger ones by row.
func (m Mixed) Bind(s *Set) Job {
	switch {
	case m.Expand != nil:
		return m.bindExpanded(s)
	case m.ByPlane():
		return m.bindPlanes(s)
	}
	return Job{Tasks: m.Out.N * m.Out.H, Run: func(task, worker int) {
		from := 0
		for i := range m.Groups {
			g := &m.Groups[i]
			r := mixedRow{in: m.In.channels(from, g.Channels), out: m.Out.channels(from, g.Channels),
				g: g, bias: m.Bias[from:], taps: m.Taps(worker)}
			r.run(s, task)
			from += g.Channels
		}
		m.Finish.apply(s, &m.Out, task*m.Out.W, m.Out.W)
	}}
}

// mixedRow is one output row of one group.
type mixedRow struct {
	in, out Image
	g       *MixedGroup
	bias    []float32
	taps    []Tap
}

func (r *mixedRow) run(s *Set, row int) {
	w := r.g.Window
	picture, y := row/r.out.H*r.in.H, row%r.out.H
	y0 := y*w.SH - w.Top
	fromY, toY := span(y0, w.KH, w.DH, r.in.H)
	for run := range w.runs(r.out.W, r.in.W) {
		taps := r.list(fromY, toY, run.from, run.to)
		var in []float32
		if len(taps) > 0 {
			// Taps count from the first pixel that the window covers.
			in = r.in.Data[((picture+y0+fromY*w.DH)*r.in.W+run.x*w.SW-w.Lft+run.from*w.DW)*r.in.Pixel:]
		}
		out := r.out.Data[(row*r.out.W+run.x)*r.out.Pixel:]
		s.Depthwise(out, r.out.Pixel, in, w.SW*r.in.Pixel, r.g.Weights, r.bias, taps, run.pixels, r.in.C)
	}
}

// list fills the worker's list with the taps [fromY,toY) × [fromX,toX).
func (r *mixedRow) list(fromY, toY, fromX, toX int) []Tap {
	w := r.g.Window
	n := 0
	for ky := fromY; ky < toY; ky++ {
		line := (ky - fromY) * w.DH * r.in.W
		for kx := fromX; kx < toX; kx++ {
			r.taps[n] = Tap{X: (line + (kx-fromX)*w.DW) * r.in.Pixel, W: (ky*w.KW + kx) * r.in.C}
			n++
		}
	}
	return r.taps[:n]
}
