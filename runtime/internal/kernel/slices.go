package kernel

func addRows(dst []float32, dstStep int, a []float32, aStep int, b []float32, bStep, rows, n int) {
	for r := range rows {
		d, x, y := dst[r*dstStep:][:n], a[r*aStep:][:n], b[r*bStep:][:n]
		for i := range d {
			d[i] = x[i] + y[i]
		}
	}
}

func mulRows(dst []float32, dstStep int, a []float32, aStep int, b []float32, bStep, rows, n int) {
	for r := range rows {
		d, x, y := dst[r*dstStep:][:n], a[r*aStep:][:n], b[r*bStep:][:n]
		for i := range d {
			d[i] = x[i] * y[i]
		}
	}
}

func maxRows(dst []float32, dstStep int, a []float32, aStep int, b []float32, bStep, rows, n int) {
	for r := range rows {
		d, x, y := dst[r*dstStep:][:n], a[r*aStep:][:n], b[r*bStep:][:n]
		for i := range d {
			d[i] = max(x[i], y[i])
		}
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
