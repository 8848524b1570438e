package kernel

// The plain Add, Sub, Mul, Div and Max.
var (
	addRows = byRows(func(d, x, y []float32) {
		for i := range d {
			d[i] = x[i] + y[i]
		}
	})
	subRows = byRows(func(d, x, y []float32) {
		for i := range d {
			d[i] = x[i] - y[i]
		}
	})
	mulRows = byRows(func(d, x, y []float32) {
		for i := range d {
			d[i] = x[i] * y[i]
		}
	})
	divRows = byRows(func(d, x, y []float32) {
		for i := range d {
			d[i] = x[i] / y[i]
		}
	})
	maxRows = byRows(func(d, x, y []float32) {
		for i := range d {
			d[i] = max(x[i], y[i])
		}
	})
)

// byRows calls f for each row.
func byRows(f func(d, x, y []float32)) func(dst []float32, dstStep int, a []float32, aStep int, b []float32, bStep, rows, n int) {
	return func(dst []float32, dstStep int, a []float32, aStep int, b []float32, bStep, rows, n int) {
		for r := range rows {
			f(dst[r*dstStep:][:n], a[r*aStep:][:n], b[r*bStep:][:n])
		}
	}
}

// sum adds runs of 16 pixels in float32, each fourth pixel to the same of four
// sums, and the runs in float64.
func sum(dst []float64, x []float32, step, pixels int) {
	for c := range dst {
		total := 0.0
		for from := 0; from < pixels; from += 16 {
			var sums [4]float32
			for p := from; p < min(from+16, pixels); p++ {
				sums[p%4] += x[p*step+c]
			}
			total += float64((sums[0] + sums[1]) + (sums[2] + sums[3]))
		}
		dst[c] = total
	}
}
