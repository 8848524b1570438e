package kernel

// planeFloats is the size up to which a worker keeps a few channels of a whole
// picture close.
const planeFloats = 12 << 10

// plane is a vector of channels of one picture, with zero columns at both
// sides, so that every pixel of a row has the same taps.
type plane struct {
	Window
	cols, width int // with and without the zero columns
}

func (m *Mixed) plane(g *MixedGroup) plane {
	w := g.Window
	right := (m.Out.W-1)*w.SW + (w.KW-1)*w.DW + 1 - w.Lft - m.In.W
	return plane{Window: w, cols: w.Lft + m.In.W + max(0, right), width: m.In.W}
}

// ByPlane reports whether Bind works on planes: those of all groups are small,
// or they are filled without a detour by Expand.
func (m *Mixed) ByPlane() bool { return m.Expand != nil || m.planesWithin(planeFloats) }

func (m *Mixed) planesWithin(floats int) bool {
	if m.Finish.Residual.Data != nil || m.Out.pixels() == 0 {
		return false
	}
	for i := range m.Groups {
		if m.planeSize(&m.Groups[i]) > floats {
			return false
		}
	}
	return true
}

// maxLanes is the largest Set.Lanes.
const maxLanes = 16

// ScratchSize is the number of floats that Bind's job needs per worker.
func (m *Mixed) ScratchSize() int {
	if !m.ByPlane() {
		return 0
	}
	most := 0
	for i := range m.Groups {
		most = max(most, m.planeSize(&m.Groups[i]))
	}
	if m.Expand != nil {
		most += 2 * maxLanes * m.In.H * m.In.W
	}
	return most
}

// planeSize is the number of floats of a plane and of what comes out.
func (m *Mixed) planeSize(g *MixedGroup) int {
	return maxLanes * (m.plane(g).cols*m.In.H + m.Out.H*m.Out.W)
}

// PackPlanes arranges weights [taps][channels] by vectors of channels, as the
// work on planes reads them: [⌈channels/Lanes⌉][taps][Lanes].
func (s *Set) PackPlanes(weights []float32, channels int) []float32 {
	taps := len(weights) / channels
	blocks := (channels + s.Lanes - 1) / s.Lanes
	packed := make([]float32, blocks*taps*s.Lanes)
	for tap := range taps {
		for c := range channels {
			packed[(c/s.Lanes*taps+tap)*s.Lanes+c%s.Lanes] = weights[tap*channels+c]
		}
	}
	return packed
}

// bindPlanes returns the job whose tasks are a vector of channels of one
// picture.
func (m Mixed) bindPlanes(s *Set) Job {
	var tasks []planeTask
	from := 0
	for i := range m.Groups {
		tasks = append(tasks, m.planeTasks(s, &m.Groups[i], from)...)
		from += m.Groups[i].Channels
	}
	return Job{Tasks: m.Out.N * len(tasks), Run: func(task, worker int) {
		t, picture := &tasks[task%len(tasks)], task/len(tasks)
		t.run(s, &m, m.In.channels(t.from, t.n), picture, picture, m.Scratch(worker))
	}}
}

// planeTasks cuts a group, whose channels begin at from, into vectors.
func (m *Mixed) planeTasks(s *Set, g *MixedGroup, from int) []planeTask {
	var tasks []planeTask
	p := m.plane(g)
	area, taps := g.Window.KH*g.Window.KW, p.list(s.Lanes)
	for c := 0; c < g.Channels; c += s.Lanes {
		tasks = append(tasks, planeTask{plane: p, taps: taps, weights: g.Planes[c*area:][:area*s.Lanes],
			from: from + c, n: min(s.Lanes, g.Channels-c)})
	}
	return tasks
}

// list is all taps of the kernel, row by row: a window that the picture's edge
// cuts off above or below has some of these rows.
func (p plane) list(lanes int) []Tap {
	var taps []Tap
	for ky := range p.KH {
		for kx := range p.KW {
			taps = append(taps, Tap{X: (ky*p.DH*p.cols + kx*p.DW) * lanes, W: len(taps) * lanes})
		}
	}
	return taps
}

// planeTask is n channels of the picture from a place on.
type planeTask struct {
	plane
	taps    []Tap
	weights []float32
	from, n int
}

// run computes the channels of picture from those in in, where they are of
// picture number source.
func (t *planeTask) run(s *Set, m *Mixed, in Image, source, picture int, scratch []float32) {
	pixels, row := m.Out.H*m.Out.W, m.Out.W*s.Lanes
	out, data := scratch[:pixels*s.Lanes], scratch[pixels*s.Lanes:]
	t.fill(s, data, in, source)
	for y := range m.Out.H {
		y0 := y*t.SH - t.Top
		from, to := span(y0, t.KH, t.DH, m.In.H)
		var x []float32
		if from < to {
			x = data[(y0+from*t.DH)*t.cols*s.Lanes:]
		}
		s.Depthwise(out[y*row:], s.Lanes, x, t.SW*s.Lanes, t.weights[from*t.KW*s.Lanes:], m.Bias[t.from:], t.taps[:(to-from)*t.KW], m.Out.W, t.n)
	}
	s.Activate(out, m.Finish.Act)
	s.CopyRows(m.Out.Data[picture*pixels*m.Out.Pixel+t.from:], m.Out.Pixel, out, s.Lanes, pixels, t.n)
}

// fill copies the channels of a picture between the zero columns, of which
// those right of a row and left of the next lie side by side.
func (t *planeTask) fill(s *Set, data []float32, in Image, picture int) {
	pitch, line := t.cols*s.Lanes, t.width*s.Lanes
	at := t.Lft * s.Lanes
	clear(data[:at])
	for y := range in.H {
		s.CopyRows(data[at:], s.Lanes, in.Data[(picture*in.H+y)*in.W*in.Pixel:], in.Pixel, in.W, t.n)
		clear(data[at+line : min(at+pitch, t.cols*in.H*s.Lanes)])
		at += pitch
	}
}
