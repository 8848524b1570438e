package kernel

import "github.com/mixconv/mixconv/runtime/internal/act"

// Expand is a pointwise convolution whose results only a Mixed behind it
// reads. That computes the channels that a task needs when it needs them: the
// expanded picture, the largest of an inverted residual block, is never stored.
type Expand struct {
	In      Image
	Weights []Packed // per group of the Mixed: [channels][in/Groups]
	Groups  int      // of the convolution: each sees its part of In's channels
	Bias    []float32
	Act     act.Func
}

// Sizes up to which a worker keeps a panel of expanded channels of a whole
// picture, and a plane that is filled from it.
const (
	expandFloats      = 48 << 10
	expandPlaneFloats = 32 << 10
)

// CanExpand reports whether a pointwise convolution of the given number of
// groups in front of m can be computed by m's tasks: planes must be small, and
// no vector of channels may come from two groups.
func (m *Mixed) CanExpand(s *Set, groups int) bool {
	if !m.planesWithin(expandPlaneFloats) || m.In.H*m.In.W*s.taskChannels() > expandFloats || m.In.C%groups != 0 {
		return false
	}
	from, part := 0, m.In.C/groups
	for i := range m.Groups {
		to := from + m.Groups[i].Channels
		for edge := (from/part + 1) * part; edge < to; edge += part {
			if (edge-from)%s.taskChannels() != 0 {
				return false
			}
		}
		from = to
	}
	return true
}

// bindExpanded returns the job whose tasks are a panel of channels of one
// picture.
func (m Mixed) bindExpanded(s *Set) Job {
	var tasks []expandTask
	from := 0
	for i := range m.Groups {
		g := &m.Groups[i]
		planes := m.planeTasks(s, g, from)
		w := m.Expand.Weights[i]
		for c := 0; c < g.Channels; c += s.taskChannels() {
			n := min(s.taskChannels(), g.Channels-c)
			t := expandTask{from: from + c, weights: Packed{Rows: n, K: w.K, Data: w.Data[c*w.K:]}}
			t.planes = planes[c/s.Lanes : (c+n+s.Lanes-1)/s.Lanes]
			tasks = append(tasks, t)
		}
		from += g.Channels
	}
	return Job{Tasks: m.Out.N * len(tasks), Run: func(task, worker int) {
		tasks[task%len(tasks)].run(s, &m, task/len(tasks), m.Scratch(worker))
	}}
}

// taskChannels is how many expanded channels a task has: whole panels and
// whole vectors.
func (s *Set) taskChannels() int { return max(s.Panel, s.Lanes) }

// expandTask is the expanded channels from a place on, and the planes that they
// fill.
type expandTask struct {
	planes  []planeTask
	weights Packed
	from    int
}

func (t *expandTask) run(s *Set, m *Mixed, picture int, scratch []float32) {
	e, k := m.Expand, t.weights.K
	pixels, width := m.In.H*m.In.W, len(t.planes)*s.Lanes
	expanded := Image{Data: scratch[:pixels*width], N: 1, H: m.In.H, W: m.In.W, C: width, Pixel: width}
	in := e.In.channels(t.from/(m.In.C/e.Groups)*k, k)
	r := rows{a: in.Data[picture*pixels*in.Pixel:], stride: in.Pixel, m: pixels, pieces: onePiece, k: k}
	s.multiply(expanded.Data, width, r, t.weights, e.Bias[t.from:])
	s.Activate(expanded.Data, e.Act)
	for i := range t.planes {
		p := &t.planes[i]
		p.run(s, m, expanded.channels(i*s.Lanes, p.n), 0, picture, scratch[pixels*width:])
	}
}
