package preprocess

import "image"

// fromWebP converts the planes of a lossy WebP as libwebp does, which Pillow calls:
// chroma is interpolated (src/dsp/upsampling.c), and colours are those of video, black
// being 16 and white 235 (src/dsp/yuv.h). golang.org/x/image/webp gives the planes as
// an image.YCbCr, which elsewhere means a JPEG's colours.
func fromWebP(m *image.YCbCr) *Picture {
	b := m.Rect
	rows := (b.Dy() + 1) / 2
	u, v := make([]uint8, b.Dx()), make([]uint8, b.Dx())
	return fromRows(b, func(y int, dst []uint8) {
		near := (y - b.Min.Y) / 2
		far := near - 1
		if (y-b.Min.Y)%2 == 1 {
			far = near + 1
		}
		far = min(max(far, 0), rows-1)
		widen(u, m.Cb[near*m.CStride:], m.Cb[far*m.CStride:])
		widen(v, m.Cr[near*m.CStride:], m.Cr[far*m.CStride:])
		for x, luma := range m.Y[(y-b.Min.Y)*m.YStride:][:b.Dx()] {
			dst[3*x], dst[3*x+1], dst[3*x+2] = videoToRGB(int32(luma), int32(u[x]), int32(v[x]))
		}
	})
}

// widen makes a row of chroma of the nearer and the farther row of samples, which are
// half as many. Each value is 9, 3, 3 and 1 sixteenths of the four samples around it,
// rounded in two steps.
func widen(dst, near, far []uint8) {
	side := func(i int) uint8 { return uint8((3*int32(near[i]) + int32(far[i]) + 2) >> 2) }
	dst[0] = side(0)
	for i := 1; i <= (len(dst)-1)/2; i++ {
		a, b, c, d := int32(near[i-1]), int32(near[i]), int32(far[i-1]), int32(far[i])
		sum := a + b + c + d + 8
		dst[2*i-1] = uint8(((sum+2*(b+c))>>3 + a) >> 1)
		dst[2*i] = uint8(((sum+2*(a+d))>>3 + b) >> 1)
	}
	if last := len(dst) - 1; last%2 == 1 {
		dst[last] = side(last / 2)
	}
}

// videoToRGB has libwebp's constants, 14 bits behind the point, of which a product
// loses 8.
func videoToRGB(y, u, v int32) (r, g, b uint8) {
	luma := y * 19077 >> 8
	return clip8((luma + v*26149>>8 - 14234) >> 6),
		clip8((luma - u*6419>>8 - v*13320>>8 + 8708) >> 6),
		clip8((luma + u*33050>>8 - 17685) >> 6)
}
