package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Pixels at once share each weight vector; where fewer are left, several
// vectors of one pixel keep the units busy instead.
const (
	mostPixels  = 8
	wideVectors = 4
)

// depthwise writes the function for a run of pixels with the same taps.
func (s isa) depthwise() {
	TEXT("depthwise"+s.name, NOSPLIT,
		"func(dst *float32, dstStep int, x *float32, xStep int, w, bias *float32, taps *int, ntaps, pixels, channels int)")
	Doc("depthwise"+s.name+" computes dst[p·dstStep+c] = bias[c] + Σ_t x[p·xStep+taps[t].X+c]·w[taps[t].W+c]",
		"for p < pixels and c < channels; taps points to ntaps pairs of X and W, at least one.")
	d := &depthwise{isa: s}
	d.dst, d.x = Load(Param("dst"), GP64()).(GPVirtual), Load(Param("x"), GP64()).(GPVirtual)
	d.w, d.bias = Load(Param("w"), GP64()).(GPVirtual), Load(Param("bias"), GP64()).(GPVirtual)
	d.xStep = Load(Param("xStep"), GP64()).(GPVirtual)
	SHLQ(U8(2), d.xStep)
	d.channels = Load(Param("channels"), GP64()).(GPVirtual)

	Label("block")
	pixels := Load(Param("pixels"), GP64())
	CMPQ(pixels, U8(mostPixels/2))
	JGE(LabelRef("narrow"))
	CMPQ(d.channels, U8(wideVectors*s.lanes))
	JL(LabelRef("narrow"))
	d.block("w", wideVectors, nil)
	d.next(wideVectors, "block")
	Label("narrow")
	CMPQ(d.channels, U8(s.lanes))
	JL(LabelRef("tail"))
	d.block("n", 1, nil)
	d.next(1, "block")
	Label("tail")
	TESTQ(d.channels, d.channels)
	JLE(LabelRef("end"))
	d.block("t", 1, s.tail(d.channels))
	Label("end")
	VZEROUPPER()
	RET()
}

type depthwise struct {
	isa
	dst, x, w, bias, xStep, channels GPVirtual
}

// next moves on by the channels of a block.
func (d *depthwise) next(vectors int, label string) {
	for _, p := range []GPVirtual{d.dst, d.x, d.w, d.bias} {
		ADDQ(U32(vectors*d.bytes()), p)
	}
	SUBQ(U8(vectors*d.lanes), d.channels)
	JMP(LabelRef(label))
}

// block computes all pixels of a block of channels; last is nil if its vectors
// are full.
func (d *depthwise) block(name string, vectors int, last mask) {
	run := pixelRun{depthwise: d, vectors: vectors, last: last, dst: GP64(), x: GP64(), left: GP64()}
	MOVQ(d.dst, run.dst)
	MOVQ(d.x, run.x)
	Load(Param("pixels"), run.left)
	if vectors > 1 {
		Label(name + "pixels")
		run.pixels(name, 1)
		JNE(LabelRef(name + "pixels"))
		return
	}
	Label(name + "pixels")
	CMPQ(run.left, U8(mostPixels))
	JL(LabelRef(name + "rest"))
	run.pixels(name, mostPixels)
	JMP(LabelRef(name + "pixels"))
	Label(name + "rest")
	for n := mostPixels - 1; n > 0; n-- {
		next := fmt.Sprintf("%snot%d", name, n)
		CMPQ(run.left, U8(n))
		JNE(LabelRef(next))
		run.pixels(name, n)
		Label(next)
	}
}

// pixelRun walks along the pixels of one block of channels.
type pixelRun struct {
	*depthwise
	vectors      int
	last         mask
	dst, x, left GPVirtual
}

func (r *pixelRun) read(m Mem, v VecVirtual) {
	if r.last != nil {
		r.last.load(m, v)
		return
	}
	VMOVUPS(m, v)
}

// pixels computes the next n pixels of the block; the flags tell whether any
// are left.
func (r *pixelRun) pixels(name string, n int) {
	sums := make([][]VecVirtual, n)
	for p := range sums {
		sums[p] = make([]VecVirtual, r.vectors)
		for v := range sums[p] {
			sums[p][v] = r.vector()
			if p > 0 {
				VMOVAPS(sums[0][v], sums[p][v])
				continue
			}
			r.read(Mem{Base: r.bias, Disp: v * r.bytes()}, sums[p][v])
		}
	}
	taps, count := Load(Param("taps"), GP64()), Load(Param("ntaps"), GP64())
	loop := fmt.Sprintf("%staps%d", name, n)
	Label(loop)
	r.tap(taps, sums)
	ADDQ(U8(16), taps)
	DECQ(count)
	JNE(LabelRef(loop))
	r.store(sums)
	step := GP64()
	IMUL3Q(U8(n), r.xStep, step)
	ADDQ(step, r.x)
	SUBQ(U8(n), r.left)
}

func (r *pixelRun) tap(taps Register, sums [][]VecVirtual) {
	wAt, xAt := GP64(), GP64()
	MOVQ(Mem{Base: taps, Disp: 8}, wAt)
	MOVQ(Mem{Base: taps}, xAt)
	LEAQ(Mem{Base: r.x, Index: xAt, Scale: 4}, xAt)
	pointers := newRowPointers(xAt, r.xStep, len(sums))
	for v := range r.vectors {
		w := r.vector()
		r.read(Mem{Base: r.w, Index: wAt, Scale: 4, Disp: v * r.bytes()}, w)
		for p := range sums {
			from := pointers.at(p, r.xStep)
			from.Disp = v * r.bytes()
			if r.last == nil {
				VFMADD231PS(from, w, sums[p][v])
				continue
			}
			x := r.vector()
			r.last.load(from, x)
			VFMADD231PS(x, w, sums[p][v])
		}
	}
}

func (r *pixelRun) store(sums [][]VecVirtual) {
	step := Load(Param("dstStep"), GP64())
	SHLQ(U8(2), step)
	for p := range sums {
		for v, sum := range sums[p] {
			to := Mem{Base: r.dst, Disp: v * r.bytes()}
			if r.last != nil {
				r.last.store(sum, to)
			} else {
				VMOVUPS(sum, to)
			}
		}
		ADDQ(step, r.dst)
	}
}
