package kernel

// GemmArgs are the arguments of Gemm, which computes, for r < Lines, i < M and j < N,
//
//	Dst[r·DstPitch+i·DstStride+j] = Bias[j] + Σ_p Σ_l A[(r·M+i)·AStride+Pieces[p].A+l]·Panel[(Pieces[p].W+l)·width+j]
//
// over pieces p and l < K, held in Lo … Hi, where width is the set's Panel. NaN stays.
// K is at least 1, N at most the width. A matrix product has one piece, a convolution one
// for each row of its kernel. A long sum is cut, as blocks says.
type GemmArgs struct {
	Dst                 []float32
	DstStride, DstPitch int
	Left
	Panel, Bias []float32
	N           int
	Lo, Hi      float32

	code gemmCode
}

// Left is the left side of a product: Lines times M rows of A, AStride apart, of each the
// pieces of K factors.
type Left struct {
	A                 []float32
	AStride, M, Lines int
	Pieces            []Piece
	K                 int
}

// DepthwiseArgs are the arguments of Depthwise, which computes
//
//	Dst[r·DstPitch+p·DstStep+c] = Bias[c] + Σ_t X[r·XPitch+p·XStep+Taps[t]+c]·Weights[t·lanes+c]
//
// for r < Rows, p < Pixels and c < Channels, which are rounded up to whole vectors, held
// in Lo … Hi, where lanes is the set's Lanes. XStep is a multiple of it. Taps ascend, in
// lines of so many that lie lanes apart and begin evenly apart.
type DepthwiseArgs struct {
	Dst                    []float32
	DstStep, DstPitch      int
	X                      []float32
	XStep, XPitch          int
	Weights, Bias          []float32
	Taps                   []int
	Line                   int // taps of a line
	Rows, Pixels, Channels int
	Lo, Hi                 float32

	code depthwiseCode
}

// What generated code reads. The generator writes these types out, so that a field that
// differs does not compile.

type gemmCode = struct {
	dst          *float32
	dstStride    int
	a            *float32
	aStride      int
	m, lines     int
	gap          int // from a line's end to the next
	pieces, last *int
	k            int
	count, run   int // of a block: its pieces, or its products of one piece
	panel        *float32
	first, total *float32 // what sums begin with, and what blocks are added to
	n            int
	ahead, pace  int // what to prefetch: bytes behind the panel's beginning, and bytes a step
	lo, hi       float32
}

type depthwiseCode = struct {
	dst               *float32
	dstStep, dstPitch int
	x                 *float32
	xPitch            int
	line, lines       int // floats from one line of the kernel to the next, and how many
	w, bias           *float32
	taps              *int
	ntaps             int
	rows, pixels      int
	vectors           int
	lo, hi            float32
}
