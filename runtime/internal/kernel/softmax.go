package kernel

import "math"

// Softmax works on rows of n elements, row by row, dst and src alike.
func Softmax(dst, src []float32, n int) Job {
	if n == 0 {
		return Job{}
	}
	return Job{Tasks: len(src) / n, Run: func(task, _ int) {
		softmaxRow(dst[task*n:][:n], src[task*n:][:n])
	}}
}

// softmaxRow subtracts the largest value first, and sums in float64.
func softmaxRow(dst, src []float32) {
	most := float32(math.Inf(-1))
	for _, v := range src {
		most = max(most, v) // NaN stays
	}
	sum := 0.0
	for _, v := range src {
		sum += math.Exp(float64(v - most))
	}
	for i, v := range src {
		dst[i] = float32(math.Exp(float64(v-most)) / sum)
	}
}
