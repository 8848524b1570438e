package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/mixconv/mixconv/runtime/internal/act"
)

// inverted is the start of an inverted residual block: a convolution, pointwise
// or planar, and the mixed one behind it.
type inverted struct {
	n, h, w, in int // the picture
	first       Window
	planar      bool
	groups      int // of the first convolution
	split       []int
	stride      int
	f           act.Func
}

func randomInverted(r *rand.Rand) inverted {
	b := inverted{n: 1 + r.IntN(2), h: 1 + r.IntN(70), w: 1 + r.IntN(70), groups: 1, stride: 1 + r.IntN(2),
		first: Window{KH: 1, KW: 1, SH: 1, SW: 1, DH: 1, DW: 1}, f: []act.Func{{}, {Kind: act.Relu}, {Kind: act.Swish, A: 1}}[r.IntN(3)]}
	if b.planar = r.IntN(3) == 0; b.planar {
		b.in, b.w = 1+r.IntN(4), 40+r.IntN(30)
		b.first = Window{KH: 3, KW: 3, SH: 2, SW: 2, DH: 1, DW: 1, Top: 1, Lft: 1}
		b.split = []int{1 + r.IntN(40)}
		return b
	}
	b.groups = 1 + r.IntN(3)
	b.in = b.groups * (1 + r.IntN(30))
	per, whole := 1+r.IntN(40), 0
	for range 1 + r.IntN(3) {
		b.split = append(b.split, per*b.groups)
		whole += per * b.groups
	}
	b.split[0] += (b.groups - whole%b.groups) % b.groups
	return b
}

// size is a side behind a window of odd size with SAME padding.
func size(n, stride int) int { return (n-1)/stride + 1 }

// TestExpand compares a mixed convolution that computes its picture on the way,
// and its means, with one step after the other. Pictures are large enough for
// several bands, and for planes that move down them.
func TestExpand(t *testing.T) {
	for _, s := range Sets {
		r := rand.New(rand.NewPCG(13, 14))
		bands := 0
		for range rounds(150) {
			b := randomInverted(r)
			if b.check(t, r, s) > 1 {
				bands++
			}
		}
		if bands == 0 {
			t.Errorf("%s: no picture had several bands", s.Name)
		}
	}
}

// check returns the number of bands.
func (b inverted) check(t *testing.T, r *rand.Rand, s *Set) int {
	t.Helper()
	channels := 0
	for _, c := range b.split {
		channels += c
	}
	h, w := size(b.h, b.first.SH), size(b.w, b.first.SW)
	k := b.in / b.groups * b.first.KH * b.first.KW
	in := randomImage(r, b.n, b.h, b.w, b.in)
	if b.planar {
		in = Image{Data: randoms(r, b.n*b.h*b.w*b.in), N: b.n, H: b.h, W: b.w, C: b.in, Pixel: b.in}
	}
	w1, b1 := randoms(r, channels*k), randoms(r, channels)

	middle := Image{Data: make([]float32, b.n*h*w*channels), N: b.n, H: h, W: w, C: channels, Pixel: channels}
	first := Conv{In: in, Out: middle, Window: b.first, Bias: b1, Planar: b.planar, Finish: Finish{Act: b.f}}
	first.Weights = s.PackConv(&testSlab, rowsOf(w1, k), b.groups, channels/b.groups, k, 1)
	first.Work = testWork(first.ScratchSize(s, false), first.MaxPieces())
	testSlab.Wait()
	first.Bind(s).All()

	m := Mixed{In: middle, Out: randomImage(r, b.n, size(h, b.stride), size(w, b.stride), channels), Finish: Finish{Act: b.f}}
	var w2 []float32
	for i, c := range b.split {
		side := 3 + 2*i
		m.Groups = append(m.Groups, MixedGroup{c, Window{KH: side, KW: side, SH: b.stride, SW: b.stride, DH: 1, DW: 1, Top: side / 2, Lft: side / 2}})
		w2 = append(w2, randoms(r, c*side*side)...)
	}
	b2 := randoms(r, channels)
	taps := tapsOf(m.Groups, w2)
	m.Panels = s.PackMixed(&testSlab, m.Groups, 0, taps, b2)
	bind(s, m).All()

	e := Mixed{In: Image{N: b.n, H: h, W: w, C: channels}, Out: randomImage(r, b.n, m.Out.H, m.Out.W, channels), Groups: m.Groups, Finish: m.Finish}
	e.Panels = s.PackMixed(&testSlab, m.Groups, channels/b.groups, taps, b2)
	e.Expand = &Expand{In: in, Planar: b.planar, Window: b.first, Groups: b.groups, Act: b.f}
	e.Expand.Weights, e.Expand.Bias = s.PackExpand(&testSlab, e.Panels, rowsOf(w1, k), b1, k)
	bands := e.Bands()
	e.Means = Image{Data: make([]float32, b.n*bands*channels), Pixel: channels}
	job := bind(s, e)
	for _, task := range r.Perm(job.Tasks) {
		job.Run(task, 0)
	}

	means := make([]float64, b.n*channels)
	area := float64(m.Out.H * m.Out.W)
	for i := range m.Out.pixels() {
		for c, want := range m.Out.at(i) {
			got := e.Out.at(i)[c]
			if got != want {
				t.Fatalf("%s %+v: pixel %d channel %d: %g, one after the other %g", s.Name, b, i, c, got, want)
			}
			means[i/(m.Out.H*m.Out.W)*channels+c] += float64(got) / area
		}
	}
	for i, want := range means {
		got := 0.0
		for band := range bands {
			got += float64(e.Means.Data[(i/channels*bands+band)*channels+i%channels])
		}
		if math.Abs(got-want) > 1e-5*(1+math.Abs(want)) {
			t.Fatalf("%s %+v: mean %d: %g, want %g", s.Name, b, i, got, want)
		}
	}
	return bands
}

// bind gives m a scratch of rubbish.
func bind(s *Set, m Mixed) Job {
	testSlab.Wait()
	pieces := 0
	if m.Expand != nil {
		pieces = m.Expand.MaxPieces()
	}
	m.Work = testWork(m.ScratchSize(s), pieces)
	for i := range m.Work(0).Scratch {
		m.Work(0).Scratch[i] = float32(math.NaN())
	}
	return m.Bind(s)
}
