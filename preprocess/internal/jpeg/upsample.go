package jpeg

// Plane is a component's samples, each for H × V pixels of the picture.
type Plane struct {
	Pix           []uint8
	Stride        int
	Width, Height int
	H, V          int

	// part says that these are some columns of a plane with more than two.
	part bool
}

// row returns row y of the picture, at least width pixels, in dst where it is
// not a row of the plane itself. Where a sample stands for two pixels a side,
// a pixel is made of ¾ of its own sample and ¼ of the nearest other, as
// libjpeg-turbo does by default; beyond the edge the last sample goes on.
// Other ratios repeat samples, as there, and so do planes of one or two
// columns.
func (p *Plane) row(dst []uint8, y int) []uint8 {
	near := p.samples(y / p.V)
	smooth := p.H == 1 || p.H == 2 && (p.Width > 2 || p.part)
	switch {
	case p.H == 1 && p.V == 1:
		return near
	case p.H == 2 && p.V == 1 && smooth:
		widen(dst, near)
		return dst
	case p.V == 2 && smooth:
		above := y%2 == 0
		other := min(y/2+1, p.Height-1)
		if above {
			other = max(y/2-1, 0)
		}
		if p.H == 1 {
			blend(dst, near, p.samples(other), above)
		} else {
			widenBlend(dst, near, p.samples(other))
		}
		return dst
	}
	for i, v := range near {
		for j := range p.H {
			dst[i*p.H+j] = v
		}
	}
	return dst
}

func (p *Plane) samples(y int) []uint8 { return p.Pix[y*p.Stride:][:p.Width] }

// widen doubles a row. Halves are rounded down to the left and up to the right,
// so that they do not all go one way.
func widen(dst, src []uint8) {
	last := len(src) - 1
	for i, v := range src {
		sum := 3 * int32(v)
		left, right := v, v
		if i > 0 {
			left = uint8((sum + int32(src[i-1]) + 1) >> 2)
		}
		if i < last {
			right = uint8((sum + int32(src[i+1]) + 2) >> 2)
		}
		dst[2*i], dst[2*i+1] = left, right
	}
}

// blend makes a row between two.
func blend(dst, near, far []uint8, above bool) {
	bias := int32(2)
	if above {
		bias = 1
	}
	for i, v := range near {
		dst[i] = uint8((3*int32(v) + int32(far[i]) + bias) >> 2)
	}
}

// widenBlend does both with one rounding.
func widenBlend(dst, near, far []uint8) {
	sum := func(i int) int32 { return 3*int32(near[i]) + int32(far[i]) }
	last := len(near) - 1
	this := sum(0)
	before := this
	for i := range near {
		after := this
		if i < last {
			after = sum(i + 1)
		}
		dst[2*i] = uint8((3*this + before + 8) >> 4)
		dst[2*i+1] = uint8((3*this + after + 7) >> 4)
		before, this = this, after
	}
}
