package kernel

// depthwise walks the taps outside and the channels inside, so that the inner
// loop has no branch and no bounds check.
func depthwise(dst []float32, dstStep int, x []float32, xStep int, w, bias []float32, taps []Tap, pixels, channels int) {
	for p := range pixels {
		out := dst[p*dstStep:][:channels]
		copy(out, bias[:channels])
		for _, t := range taps {
			xs := x[p*xStep+t.X:][:channels]
			ws := w[t.W:][:channels]
			for c, v := range xs {
				out[c] += v * ws[c]
			}
		}
	}
}
