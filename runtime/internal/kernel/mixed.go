package kernel

import "github.com/mixconv/mixconv/runtime/internal/act"

// Mixed is a depthwise convolution whose groups of channels have kernels of
// their own (MDConv); a plain depthwise convolution has one group. Groups read
// and write their ranges of channels in place.
//
// It works on planes: a panel of Lanes channels of neighbouring rows, with zeros
// where the picture is padded, so that every pixel has the same taps.
// A plane moves down a band of the picture and stays in the cache.
type Mixed struct {
	In, Out Image   // In has only its shape if Expand is there
	Expand  *Expand // computes In, or nil
	Groups  []MixedGroup
	Panels  []Panel // PackMixed of the groups
	Finish  Finish
	Means   Image                       // if Data is there: each band's part of the mean over Out, a pixel for each of Bands
	Work    func(worker int) *Workspace // with room for ScratchSize, and MaxPieces of a planar Expand
}

// MixedGroup is one range of channels, in order.
type MixedGroup struct {
	Channels int
	Window   Window
}

// Panel is the weights of up to Lanes channels that have one window.
type Panel struct {
	From, N, Group int
	Bias, Weights  []float32 // [Lanes]; [kh·kw][Lanes], zeros behind the channels
}

const (
	planeFloats  = 12 << 10 // of a plane, if that is enough for its kernel
	planeWindows = 2        // how often a plane holds what is worked on at once, so that rows move up less often
	chunkFloats  = 11 << 9  // between two passes over the same values
	bandFloats   = 48 << 10 // of what an expansion reads
	leastTasks   = 8        // of one picture, where it is large enough
)

// Bands is the number of parts that a picture's rows are computed in. A picture of
// few panels is cut so that there are leastTasks tasks for several threads. The
// wider the vectors, the fewer the panels: 144 channels of MixNet-S at 28 × 28 pixels
// are ten panels for AVX2, in one band, and six for AVX-512, in two. Means
// over a picture of several bands take a step more, which adds those of the bands. The
// number of threads must not matter, as the bits would depend on it.
func (m *Mixed) Bands() int {
	bands := (leastTasks + len(m.Panels) - 1) / max(len(m.Panels), 1)
	if m.Expand != nil {
		bands = max(bands, m.Expand.In.H*m.Expand.In.W*m.Expand.In.C/bandFloats)
	}
	most := 0 // rows of a kernel, which are computed again at each band's edge
	for _, g := range m.Groups {
		most = max(most, (g.Window.KH-1)*g.Window.DH/g.Window.SH)
	}
	return max(1, min(bands, m.Out.H/(4+3*most)))
}

// plane is how a group's channels lie while they are worked on.
type plane struct {
	Window
	lanes, cols  int // floats of a pixel; columns with the zero ones
	rows, height int // output rows at a time; rows of the plane
	taps         []int
	line         int // taps of a kernel's row, if they lie side by side, or 1
}

func (m *Mixed) plane(s *Set, g MixedGroup) plane {
	w := g.Window
	right := (m.Out.W-1)*w.SW + (w.KW-1)*w.DW + 1 - w.Lft - m.In.W
	p := plane{Window: w, lanes: s.Lanes, cols: w.Lft + m.In.W + max(0, right)}
	room := planeFloats / (p.cols * s.Lanes)
	band := (m.Out.H + m.Bands() - 1) / m.Bands()
	p.rows = min(band, max(1, (room-p.reach(1))/w.SH+1))
	p.height = min(planeWindows*p.reach(p.rows), p.reach(band))
	if p.line = w.KW; w.DW > 1 {
		p.line = 1
	}
	for ky := range w.KH {
		for kx := range w.KW {
			p.taps = append(p.taps, (ky*w.DH*p.cols+kx*w.DW)*s.Lanes)
		}
	}
	return p
}

// reach is how many rows n output rows see.
func (p *plane) reach(n int) int { return (n-1)*p.SH + (p.KH-1)*p.DH + 1 }

// pitch is the number of floats of a plane's row.
func (p *plane) pitch() int { return p.cols * p.lanes }

// ScratchSize is the number of floats that Bind's job needs per worker.
func (m *Mixed) ScratchSize(s *Set) int {
	most := 0
	for _, g := range m.Groups {
		p := m.plane(s, g)
		most = max(most, p.height*p.pitch())
	}
	return most + m.chunk(s, m.Out.W) + m.chunk(s, m.In.W)
}

// chunk is the number of floats of as many rows of pixels as are passed on at
// once.
func (m *Mixed) chunk(s *Set, width int) int { return m.chunkRows(s, width) * width * s.Lanes }

// chunkRows is a multiple of three where it can be: three rows of the usual
// widths are whole tiles of Gemm.
func (m *Mixed) chunkRows(s *Set, width int) int {
	n := max(1, chunkFloats/(width*s.Lanes))
	if n > 3 {
		n -= n % 3
	}
	return n
}

// Bind returns the job; a task is a panel of channels in a band of one picture.
func (m Mixed) Bind(s *Set) Job {
	if m.Out.pixels() == 0 {
		return Job{}
	}
	bands, planes := m.Bands(), make([]plane, len(m.Groups))
	for i, g := range m.Groups {
		planes[i] = m.plane(s, g)
	}
	var stems []Conv
	if m.Expand != nil && m.Expand.Planar {
		stems = m.Expand.stems(s, m.In)
	}
	per := len(m.Panels) * bands
	return Job{Tasks: m.Out.N * per, Run: func(task, worker int) {
		panel := task % len(m.Panels)
		t := mixedTask{Mixed: &m, s: s, p: &m.Panels[panel], plane: &planes[m.Panels[panel].Group], panel: panel, picture: task / per, work: m.Work(worker)}
		if stems != nil {
			t.stem = &stems[panel]
		}
		band := task % per / len(m.Panels)
		from, to := band*m.Out.H/bands, (band+1)*m.Out.H/bands
		t.run(from, to)
		if m.Means.Data != nil {
			t.mean(t.picture*bands+band, from, to, t.work.Sums[:t.p.N])
		}
	}}
}

// mixedTask is one panel of one picture.
type mixedTask struct {
	*Mixed
	*plane
	s              *Set
	p              *Panel
	panel, picture int

	data, in, out []float32 // the plane; rows before they go in; rows that came out
	first, end    int       // rows of the picture in the plane, those that are needed last
	stem          *Conv     // that makes the rows, if Expand is planar
	work          *Workspace
}

// run computes the output rows from … to-1.
func (t *mixedTask) run(from, to int) {
	n, in, scratch := t.height*t.pitch(), t.chunk(t.s, t.In.W), t.work.Scratch
	t.data, t.in, t.out = scratch[:n], scratch[n:n+in], scratch[n+in:]
	t.clearSides()
	t.first = from*t.SH - t.Top
	t.end = t.first
	for y := from; y < to; y += t.rows {
		n := min(t.rows, to-y)
		first := y*t.SH - t.Top
		t.fill(first, first+t.reach(n))
		t.compute(y, n)
	}
}

// clearSides makes the plane's columns outside the picture zero.
func (t *mixedTask) clearSides() {
	left, width := t.Lft*t.lanes, t.In.W*t.lanes
	clear(t.data[:left])
	for at := left + width; at < len(t.data); at += t.pitch() { // behind a row, and before the next
		clear(t.data[at:min(at+t.pitch()-width, len(t.data))])
	}
}

// fill makes the plane hold the rows first … end-1, zeros outside the picture.
// Those that it has already stay where they are, or move up where the plane ends.
func (t *mixedTask) fill(first, end int) {
	have := max(0, t.end-first)
	if have == 0 || (end-t.first)*t.pitch() > len(t.data) {
		copy(t.data[:have*t.pitch()], t.data[(min(first, t.end)-t.first)*t.pitch():])
		t.first = first
	}
	inside := t.data[t.Lft*t.lanes:]
	for y := first + have; y < end; {
		to := inside[(y-t.first)*t.pitch():]
		if y < 0 || y >= t.In.H {
			clear(to[:t.In.W*t.lanes])
			y++
			continue
		}
		n := min(end, t.In.H) - y
		if t.Expand != nil {
			t.Expand.rows(t, to, y, n)
		} else {
			t.copyRows(to, y, n)
		}
		y += n
	}
	t.end = end
}

// copyRows moves the picture's channels of n rows from y on to the plane.
func (t *mixedTask) copyRows(to []float32, y, n int) {
	for r := range n {
		row := t.In.Data[((t.picture*t.In.H+y+r)*t.In.W)*t.In.Pixel+t.p.From:]
		t.s.Activate(to[r*t.pitch():], t.lanes, row, t.In.Pixel, t.In.W, t.p.N, act.Func{})
	}
}

// compute makes n output rows from y on, as many at a time as are passed on.
func (t *mixedTask) compute(y, n int) {
	most := n
	if !t.direct() {
		most = t.chunkRows(t.s, t.Out.W)
	}
	for ; n > 0; n -= most {
		t.depthwise(y, min(n, most))
		y += most
	}
}

// direct reports whether the kernel can write to the picture: whole vectors,
// with nothing left to do but the clamp.
func (t *mixedTask) direct() bool {
	_, _, rest := t.Finish.Act.Bounds()
	return rest.Kind == act.None && t.Finish.Residual.Data == nil && t.p.N%t.s.Vector == 0
}

// depthwise makes n output rows from y on.
func (t *mixedTask) depthwise(y, n int) {
	lo, hi, rest := t.Finish.Act.Bounds()
	if t.Finish.Residual.Data != nil {
		lo, hi, rest = -infinity, infinity, act.Func{} // all of it comes after the sum
	}
	x := t.data[(y*t.SH-t.Top-t.first)*t.pitch():]
	at, dst, step := (t.picture*t.Out.H+y)*t.Out.W, t.out, t.lanes
	if t.direct() {
		dst, step = t.Out.Data[at*t.Out.Pixel+t.p.From:], t.Out.Pixel
	}
	d := &t.work.depthwise
	d.Dst, d.DstStep, d.DstPitch = dst, step, t.Out.W*step
	d.X, d.XStep, d.XPitch = x, t.SW*t.lanes, t.SH*t.pitch()
	d.Weights, d.Bias, d.Taps, d.Line = t.p.Weights, t.p.Bias, t.taps, t.line
	d.Rows, d.Pixels, d.Channels, d.Lo, d.Hi = n, t.Out.W, t.p.N, lo, hi
	t.s.Depthwise(d)
	if !t.direct() {
		t.store(at, n*t.Out.W, rest)
	}
}

// store moves pixels to their place, from number at on, and finishes them.
func (t *mixedTask) store(at, pixels int, f act.Func) {
	t.s.Activate(t.Out.Data[at*t.Out.Pixel+t.p.From:], t.Out.Pixel, t.out, t.lanes, pixels, t.p.N, f)
	if t.Finish.Residual.Data != nil {
		out := t.Out.channels(t.p.From, t.p.N)
		finish := Finish{Act: t.Finish.Act, Residual: t.Finish.Residual.channels(t.p.From, t.p.N)}
		finish.apply(t.s, &out, at, pixels)
	}
}

// mean stores what the rows from … to-1 add to the mean of each channel.
func (t *mixedTask) mean(row, from, to int, sums []float64) {
	area := float64(t.Out.H * t.Out.W)
	t.s.Sum(sums, t.Out.Data[(t.picture*t.Out.H+from)*t.Out.W*t.Out.Pixel+t.p.From:], t.Out.Pixel, (to-from)*t.Out.W)
	for c, sum := range sums {
		t.Means.Data[row*t.Means.Pixel+t.p.From+c] = float32(sum / area)
	}
}
