package main

import (
	"fmt"
	"slices"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// mostPixels is how many pixels of two vectors have room for their sums in
// sixteen registers beside the weights. Widths of pictures are mostly
// multiples of it.
const mostPixels = 7

// depthwise writes the functions that compute rows of a plane, whose pixels
// are two vectors apart: for one or two vectors of channels, and for strides 1
// and 2, which become part of the addresses.
func (s isa) depthwise() {
	for vectors := 1; vectors <= 2; vectors++ {
		for stride := 1; stride <= 2; stride++ {
			s.planeRows(vectors, stride)
		}
	}
}

func (s isa) planeRows(vectors, stride int) {
	name := fmt.Sprintf("depthwise%dx%d%s", vectors, stride, s.name)
	TEXT(name, NOSPLIT, takes(depthwiseCode))
	Doc(fmt.Sprintf("%s computes dst[r·dstPitch+p·dstStep+c] = bias[c] + Σ_t x[r·xPitch+p·%d+taps[t]+c]·w[t·%d+c], held in lo … hi,", name, 2*s.lanes*stride, 2*s.lanes),
		fmt.Sprintf("for r < rows, p < pixels and c < %d; rows, pixels and ntaps are at least 1.", vectors*s.lanes))
	s = s.copied(depthwiseCode).flushing()
	d := planeRow{isa: s, vectors: vectors, pixelBytes: 2 * s.bytes() * stride, dst: GP64(), x: GP64(), left: GP64(), dstStep: s.gp("dstStep")}
	SHLQ(U8(2), d.dstStep)
	dstRow, xRow, rows := d.gp("dst"), d.gp("x"), d.gp("rows")
	Label("row")
	MOVQ(dstRow, d.dst)
	MOVQ(xRow, d.x)
	MOVQ(d.param("pixels"), d.left)
	Label("run")
	CMPQ(d.left, U8(mostPixels))
	JL(LabelRef("rest"))
	d.pixels(mostPixels)
	SUBQ(U8(mostPixels), d.left)
	JMP(LabelRef("run"))
	Label("rest")
	for n := mostPixels - 1; n > 0; n-- {
		next := fmt.Sprintf("not%d", n)
		CMPQ(d.left, U8(n))
		JNE(LabelRef(next))
		d.pixels(n)
		JMP(LabelRef("next"))
		Label(next)
	}
	Label("next")
	d.advance(dstRow, "dstPitch")
	d.advance(xRow, "xPitch")
	DECQ(rows)
	JNE(LabelRef("row"))
	d.ret()
}

// planeRow walks along a row.
type planeRow struct {
	isa
	vectors, pixelBytes   int
	dst, x, left, dstStep GPVirtual
}

// pixels computes the next n pixels.
func (d *planeRow) pixels(n int) {
	sums := d.start(n)
	w, taps, count := d.gp("w"), d.gp("taps"), d.gp("ntaps")
	loop := fmt.Sprintf("taps%d", n)
	Label(loop)
	at := GP64()
	MOVQ(Mem{Base: taps}, at)
	LEAQ(Mem{Base: d.x, Index: at, Scale: 4}, at)
	for v := range d.vectors {
		weights := d.vector()
		VMOVUPS(Mem{Base: w, Disp: v * d.bytes()}, weights)
		for p := range sums {
			VFMADD231PS(Mem{Base: at, Disp: p*d.pixelBytes + v*d.bytes()}, weights, sums[p][v])
		}
	}
	ADDQ(U8(8), taps)
	ADDQ(U32(2*d.bytes()), w)
	DECQ(count)
	JNE(LabelRef(loop))
	d.finish(n, sums)
	ADDQ(U32(n*d.pixelBytes), d.x)
}

// start returns sums that begin with the bias.
func (d *planeRow) start(n int) [][]VecVirtual {
	bias := d.gp("bias")
	sums := make([][]VecVirtual, n)
	for p := range sums {
		for v := range d.vectors {
			sum := d.vector()
			if p == 0 {
				VMOVUPS(Mem{Base: bias, Disp: v * d.bytes()}, sum)
			} else {
				VMOVAPS(sums[0][v], sum)
			}
			sums[p] = append(sums[p], sum)
		}
	}
	return sums
}

func (d *planeRow) finish(n int, sums [][]VecVirtual) {
	d.bounded(fmt.Sprintf("%dpixels", n), slices.Concat(sums...))
	for _, pixel := range sums {
		for v, sum := range pixel {
			VMOVUPS(sum, Mem{Base: d.dst, Disp: v * d.bytes()})
		}
		ADDQ(d.dstStep, d.dst)
	}
}
