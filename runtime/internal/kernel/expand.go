package kernel

import "github.com/mixconv/mixconv/runtime/internal/act"

// Expand is a convolution whose results only a Mixed behind it reads: a
// pointwise one, or a planar one like a stem. The Mixed computes the rows of a
// panel when it needs them: the expanded picture, the largest of an inverted
// residual block, is never stored.
type Expand struct {
	In      Image
	Planar  bool     // In lies in planes, as Conv says; Groups is 1
	Window  Window   // of a planar one
	Groups  int      // of the convolution: each sees its part of In's channels
	Weights []Packed // per panel of the Mixed: [channels][k]
	Bias    [][]float32
	Act     act.Func
}

// MaxPieces is how many pieces the Mixed needs room for, per worker, if In is planar.
func (e *Expand) MaxPieces() int { return e.Window.KH * e.In.C }

// stems returns a convolution per panel that makes rows of the expanded picture.
func (e *Expand) stems(s *Set, expanded Image) []Conv {
	list := make([]Conv, len(e.Weights))
	for i := range list {
		list[i] = Conv{In: e.In, Out: Image{H: expanded.H, W: expanded.W, Pixel: s.Lanes}, Window: e.Window, Planar: true, Weights: e.Weights[i:], Bias: e.Bias[i]}
	}
	return list
}

// wideRow is how many pixels a row has at least that Gemm writes to a plane as it
// is: the tiles at a row's end cost more in shorter ones than moving them does.
const wideRow = 12

// rows writes n rows of the picture from y on to a plane.
func (e *Expand) rows(t *mixedTask, to []float32, y, n int) {
	row := t.In.W * t.lanes
	lo, hi, rest := e.Act.Bounds()
	if rest.Kind == act.None && t.In.W >= wideRow {
		e.compute(t, to, t.pitch(), y, n, lo, hi)
		return
	}
	most := t.chunkRows(t.s, t.In.W)
	for r := 0; r < n; r += most {
		some := min(most, n-r)
		e.compute(t, t.in, row, y+r, some, lo, hi)
		t.s.Activate(to[r*t.pitch():], t.pitch(), t.in, row, some, row, rest)
	}
}

// compute writes n rows of the picture from y on, pitch apart.
func (e *Expand) compute(t *mixedTask, to []float32, pitch, y, n int, lo, hi float32) {
	width := t.In.W
	if e.Planar {
		for r := range n {
			t.stem.rowTo(t.s, to[r*pitch:], t.picture*t.In.H+y+r, t.work, lo, hi)
		}
		return
	}
	lines, m := n, width
	if pitch == width*t.lanes { // one long line has fewer ends
		lines, m = 1, n*width
	}
	w := &e.Weights[t.panel]
	group := t.p.From / (t.In.C / e.Groups)
	a := e.In.Data[(t.picture*t.In.H+y)*width*e.In.Pixel+group*w.K:]
	g := &t.work.gemm
	g.Left = Left{A: a, AStride: e.In.Pixel, M: m, Lines: lines, Pieces: onePiece, K: w.K}
	g.DstStride, g.DstPitch, g.Lo, g.Hi = t.lanes, pitch, lo, hi
	t.s.multiply(g, to, *w, e.Bias[t.panel])
}
