package jpeg

// Colours returns the picture's pixels without gaps: 1 byte each for Grey, 4
// for CMYK and YCCK (as CMYK), 3 (R, G, B) for the others.
func (p *Picture) Colours() []uint8 { return p.colours(0, 0, p.Height) }

// Crop returns the pixels of a part of the picture as libjpeg-turbo decodes
// that part alone (jpeg_crop_scanline, jpeg_skip_scanlines): chroma is upsampled
// without what lies to the right of the part, or to the left of its first MCU.
func (p *Picture) Crop(x, y, w, h int) []uint8 {
	from := x - x%p.mcuWidth
	part := Picture{Width: w, Height: p.Height, Model: p.Model}
	for _, plane := range p.Planes {
		plane.part = plane.Width > 2
		plane.Pix = plane.Pix[from/plane.H:]
		plane.Width = ceilDiv(x+w-from, plane.H)
		part.Planes = append(part.Planes, plane)
	}
	return part.colours(x-from, y, h)
}

// colours returns rows y…y+h-1, Width pixels from x on.
func (p *Picture) colours(x, y, h int) []uint8 {
	n := len(p.Planes)
	out := make([]uint8, n*p.Width*h)
	lines, rows := make([][]uint8, n), make([][]uint8, n)
	for i, plane := range p.Planes {
		lines[i] = make([]uint8, plane.Width*plane.H)
	}
	for j := range h {
		for i := range p.Planes {
			rows[i] = p.Planes[i].row(lines[i], y+j)[x:][:p.Width]
		}
		dst := out[n*p.Width*j:][:n*p.Width]
		switch p.Model {
		case YCbCr:
			ycc(dst, 3, 0, rows)
		case YCCK:
			ycc(dst, 4, 0xff, rows)
			weave(dst, 4, 3, rows[3:])
		default:
			weave(dst, n, 0, rows)
		}
	}
	return out
}

// weave writes rows to every n-th byte of dst, the first row from place on.
func weave(dst []uint8, n, place int, rows [][]uint8) {
	for i, row := range rows {
		for x, v := range row {
			dst[n*x+place+i] = v
		}
	}
}

// ycc converts rows of Y, Cb, Cr to R, G, B, or with invert 0xff to the inks
// C, M, Y, in the first three of each n bytes of dst.
func ycc(dst []uint8, n int, invert uint8, rows [][]uint8) {
	cbs, crs := rows[1], rows[2]
	for x, v := range rows[0] {
		cb, cr := &yccTable[cbs[x]], &yccTable[crs[x]]
		luma := int32(v)
		d := dst[n*x : n*x+3 : n*x+3]
		d[0] = clip(luma+cr.red) ^ invert
		d[1] = clip(luma+(cb.greenB+cr.greenR)>>16) ^ invert
		d[2] = clip(luma+cb.blue) ^ invert
	}
}

// yccTable holds what Cb and Cr add to the colours: JFIF's factors with 16
// fractional bits, red and blue rounded by themselves, the two of green
// together.
var yccTable = func() (t [256]struct{ red, blue, greenR, greenB int32 }) {
	const half = 1 << 15
	for i := range t {
		x := int32(i) - 128
		t[i].red = (91881*x + half) >> 16   // 1.402
		t[i].blue = (116130*x + half) >> 16 // 1.772
		t[i].greenR = -46802 * x            // 0.71414
		t[i].greenB = -22554*x + half       // 0.34414
	}
	return t
}()
