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
	Pieces  func(worker int) []Piece // MaxPieces each, for a planar one
}

// MaxPieces is how long the lists must be that Pieces returns.
func (e *Expand) MaxPieces() int { return e.Window.KH * e.In.C }

// stems returns a convolution per panel that makes rows of the expanded picture.
func (e *Expand) stems(s *Set, expanded Image) []Conv {
	list := make([]Conv, len(e.Weights))
	for i := range list {
		list[i] = Conv{In: e.In, Out: Image{H: expanded.H, W: expanded.W, Pixel: s.Lanes}, Window: e.Window, Planar: true, Weights: e.Weights[i:], Bias: e.Bias[i]}
	}
	return list
}

// wideRow is how many tiles of Gemm a row has at least that is worth a call of
// its own: it may go to the plane as it is, but leaves a part of a tile.
const wideRow = 8

// rows writes n rows of the picture from y on to a plane.
func (e *Expand) rows(t *mixedTask, to []float32, y, n int) {
	row := t.In.W * t.lanes
	lo, hi, rest := e.Act.Bounds()
	if rest.Kind == act.None && t.In.W >= wideRow*t.s.Rows {
		for r := range n {
			e.compute(t, to[r*t.pitch():], y+r, 1, lo, hi)
		}
		return
	}
	e.compute(t, t.in, y, n, lo, hi)
	t.s.Activate(to, t.pitch(), t.in, row, n, row, rest)
}

// compute writes n rows of the picture from y on side by side.
func (e *Expand) compute(t *mixedTask, to []float32, y, n int, lo, hi float32) {
	width := t.In.W
	if e.Planar {
		for r := range n {
			t.stem.rowTo(t.s, to[r*width*t.lanes:], t.picture*t.In.H+y+r, t.pieces, lo, hi)
		}
		return
	}
	w := &e.Weights[t.panel]
	group := t.p.From / (t.In.C / e.Groups)
	a := e.In.Data[(t.picture*t.In.H+y)*width*e.In.Pixel+group*w.K:]
	t.s.multiply(to, t.lanes, rows{a: a, stride: e.In.Pixel, m: n * width, pieces: onePiece, k: w.K}, *w, e.Bias[t.panel], lo, hi)
}
