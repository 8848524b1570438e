package convert

// Group is one group of a mixed convolution: In channels of its input become
// Out channels of its output through a square kernel.
type Group struct {
	In, Out  int
	Kernel   int
	Dilation int
}

// groups deals in and out channels to one group per kernel size.
func groups(kernels []int, deal func(total, n int) []int, in, out int) []Group {
	ins, outs := deal(in, len(kernels)), deal(out, len(kernels))
	g := make([]Group, len(kernels))
	for i, k := range kernels {
		g[i] = Group{In: ins[i], Out: outs[i], Kernel: k, Dilation: 1}
	}
	return g
}

// splitChannels divides total into n equal parts; the first takes the remainder
// too.
func splitChannels(total, n int) []int {
	parts := make([]int, n)
	for i := range parts {
		parts[i] = total / n
	}
	parts[0] += total % n
	return parts
}

// halveChannels gives each of n parts half of what is left, and the last one
// all of it: 32 becomes 16, 8, 4, 4. That is the exponential partition of the
// MixConv paper (section 3.2).
func halveChannels(total, n int) []int {
	parts := make([]int, n)
	for i := range n - 1 {
		parts[i] = total - total/2
		total /= 2
	}
	parts[n-1] = total
	return parts
}
