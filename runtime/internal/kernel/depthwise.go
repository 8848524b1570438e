package kernel

// depthwise is the plain Depthwise, for planes of any number of lanes: taps outside and channels inside, so that
// the inner loop has no branch and no bounds check.
func depthwise(dst []float32, dstStep, dstPitch int, x []float32, xStep, xPitch int, w, bias []float32, taps []int, lanes, rows, pixels, channels int, lo, hi float32) {
	for r := range rows {
		for p := range pixels {
			out := dst[r*dstPitch+p*dstStep:][:channels]
			copy(out, bias[:channels])
			for t, at := range taps {
				xs := x[r*xPitch+p*xStep+at:][:channels]
				ws := w[t*lanes:][:channels]
				for c, v := range xs {
					out[c] += v * ws[c]
				}
			}
			clamp(out, lo, hi)
		}
	}
}

// planeLanes is the portable set's Lanes.
const planeLanes = 16

func portableDepthwise(dst []float32, dstStep, dstPitch int, x []float32, xStep, xPitch int, w, bias []float32, taps []int, _, rows, pixels, channels int, lo, hi float32) {
	depthwise(dst, dstStep, dstPitch, x, xStep, xPitch, w, bias, taps, planeLanes, rows, pixels, channels, lo, hi)
}
