package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// lineWidths are the kernels' widths that have code of their own: a vector of
// the plane is loaded once a line for all pixels that see it, where the code for
// any taps loads it once a tap.
var lineWidths = []int{3, 5, 7, 9, 11}

// mostWeights is how many of a line's weights fit into sixteen registers beside
// the sums of mostPixels and the vector that they meet.
const mostWeights = 8

func (s isa) depthwiseLines() {
	for _, width := range lineWidths {
		for stride := 1; stride <= 2; stride++ {
			s.lines(width, stride)
		}
	}
}

// depthLine walks along a row of output pixels, one vector of channels at a time.
type depthLine struct {
	isa
	width, stride                  int
	dst, x, left, dstStep, vectors GPVirtual
}

func (s isa) lines(width, stride int) {
	name := fmt.Sprintf("depthwiseLines%dx%d%s", width, stride, s.name)
	pixel := 2 * s.lanes
	TEXT(name, NOSPLIT, takes(depthwiseCode))
	Doc(fmt.Sprintf("%s computes dst[r·dstPitch+p·dstStep+c] = bias[c] + Σ_l Σ_i x[r·xPitch+l·line+(p·%d+i)·%d+c]·w[(l·%d+i)·%d+c],", name, stride, pixel, width, pixel),
		fmt.Sprintf("held in lo … hi, for r < rows, p < pixels, l < lines, i < %d and c < vectors·%d; all numbers are at least 1, pixels is a multiple of %d.", width, s.lanes, mostPixels))
	s = s.copied(depthwiseCode).flushing()
	d := depthLine{isa: s, width: width, stride: stride, dst: GP64(), x: GP64(), left: GP64(), dstStep: s.gp("dstStep"), vectors: s.gp("vectors")}
	SHLQ(U8(2), d.dstStep)
	IMUL3Q(U8(s.bytes()), d.vectors, d.vectors)
	dstRow, xRow := d.gp("dst"), d.gp("x")
	Label("row")
	MOVQ(dstRow, d.dst)
	MOVQ(xRow, d.x)
	MOVQ(d.param("pixels"), d.left)
	Label("run")
	d.pixels()
	SUBQ(U8(mostPixels), d.left)
	JG(LabelRef("run"))
	d.advance(dstRow, "dstPitch")
	d.advance(xRow, "xPitch")
	DECQ(d.param("rows"))
	JNE(LabelRef("row"))
	d.ret()
}

// pixels computes the next mostPixels pixels.
func (d *depthLine) pixels() {
	at := GP64() // in bytes, the vector among the pixel's
	XORQ(at, at)
	Label("vector")
	sums := d.start(at)
	w, line, count := d.gp("w"), GP64(), d.gp("lines")
	ADDQ(at, w)
	LEAQ(Mem{Base: d.x, Index: at, Scale: 1}, line)
	loop("line")
	d.line(sums, line, w)
	d.advance(line, "line")
	ADDQ(U32(2*d.bytes()*d.width), w)
	DECQ(count)
	JNE(LabelRef("line"))
	to := GP64()
	LEAQ(Mem{Base: d.dst, Index: at, Scale: 1}, to)
	d.finish(sums, to)
	ADDQ(U8(d.bytes()), at)
	CMPQ(at, d.vectors)
	JL(LabelRef("vector"))
	SUBQ(at, to)
	LEAQ(Mem{Base: to, Disp: d.bytes()}, d.dst)
	ADDQ(U32(mostPixels*2*d.bytes()*d.stride), d.x)
}

// start returns sums that begin with the bias.
func (d *depthLine) start(at GPVirtual) []VecVirtual {
	bias, sums := d.gp("bias"), make([]VecVirtual, mostPixels)
	for p := range sums {
		sums[p] = d.vector()
		if p == 0 {
			VMOVUPS(Mem{Base: bias, Index: at, Scale: 1}, sums[p])
		} else {
			VMOVAPS(sums[0], sums[p])
		}
	}
	return sums
}

// line adds a line of the kernel, as many of its weights at a time as fit.
func (d *depthLine) line(sums []VecVirtual, line, w GPVirtual) {
	parts := (d.width + mostWeights - 1) / mostWeights
	for part := range parts {
		from, to := part*d.width/parts, (part+1)*d.width/parts
		weights := make([]VecVirtual, to-from)
		for i := range weights {
			weights[i] = d.vector()
			VMOVUPS(Mem{Base: w, Disp: 2 * (from + i) * d.bytes()}, weights[i])
		}
		for j := from; j < to+(len(sums)-1)*d.stride; j++ { // columns of the plane
			d.column(sums, weights, Mem{Base: line, Disp: 2 * j * d.bytes()}, j-from)
		}
	}
}

// column adds what lies j columns from the first to the sums that see it.
func (d *depthLine) column(sums, weights []VecVirtual, at Mem, j int) {
	var x VecVirtual
	for i := len(weights) - 1; i >= 0; i-- {
		p := (j - i) / d.stride
		if j < i || (j-i)%d.stride != 0 || p >= len(sums) {
			continue
		}
		if x == nil {
			x = d.vector()
			VMOVUPS(at, x)
		}
		VFMADD231PS(x, weights[i], sums[p])
	}
}

// finish holds the sums in lo … hi and stores them; to moves behind them.
func (d *depthLine) finish(sums []VecVirtual, to GPVirtual) {
	d.bounded("", sums)
	for _, sum := range sums {
		VMOVUPS(sum, Mem{Base: to})
		ADDQ(d.dstStep, to)
	}
}
