package kernel

// depthwise walks the taps outside and the channels inside, so that the inner
// loop has no branch and no bounds check.
func depthwise(dst, x, w, bias []float32, taps []Tap) {
	copy(dst, bias[:len(dst)])
	for _, t := range taps {
		xs := x[t.X:][:len(dst)]
		ws := w[t.W:][:len(dst)]
		for c, v := range xs {
			dst[c] += v * ws[c]
		}
	}
}
