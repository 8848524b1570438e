package kernel

func addSlices(dst, a, b []float32) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] + b[i]
	}
}

func mulSlices(dst, a, b []float32) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] * b[i]
	}
}

func sum(dst []float64, x []float32, step, pixels int) {
	clear(dst)
	for p := range pixels {
		for c, v := range x[p*step:][:len(dst)] {
			dst[c] += float64(v)
		}
	}
}
