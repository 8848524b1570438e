package convert

// Group is one group of a mixed convolution: In channels of its input become
// Out channels of its output through a square kernel.
type Group struct {
	In, Out  int
	Kernel   int
	Dilation int
}

// Middle is the number of channels between expansion and projection.
func (b Block) Middle() int { return b.In * b.ExpandRatio }

// ExpandGroups are the groups of the expanding convolution, nil if the block
// has none.
func (b Block) ExpandGroups() []Group {
	if b.ExpandRatio == 1 {
		return nil
	}
	return groups(b.Expand, b.In, b.Middle())
}

// ProjectGroups are the groups of the projecting convolution.
func (b Block) ProjectGroups() []Group { return groups(b.Project, b.Middle(), b.Out) }

// DepthwiseGroups are the groups of the mixed depthwise convolution; In and
// Out of each are equal. A dilated block simulates, at stride 1 alone, each
// large kernel by a 3×3 one that spans as much.
func (b Block) DepthwiseGroups() []Group {
	g := groups(b.Kernels, b.Middle(), b.Middle())
	if b.Dilated && b.Stride == 1 {
		for i := range g {
			g[i].Kernel, g[i].Dilation = 3, (g[i].Kernel-1)/2
		}
	}
	return g
}

// SqueezeChannels is the width of the squeeze-and-excitation bottleneck, which
// is relative to the block's input, not to the expanded channels; 0 if there
// is none.
func (b Block) SqueezeChannels() int {
	if b.SERatio == 0 {
		return 0
	}
	return max(1, int(float64(b.In)*b.SERatio))
}

// Residual reports whether the block's input is added to its output.
func (b Block) Residual() bool { return !b.NoSkip && b.Stride == 1 && b.In == b.Out }

// groups deals in and out channels to one group per kernel size.
func groups(kernels []int, in, out int) []Group {
	ins, outs := splitChannels(in, len(kernels)), splitChannels(out, len(kernels))
	g := make([]Group, len(kernels))
	for i, k := range kernels {
		g[i] = Group{In: ins[i], Out: outs[i], Kernel: k, Dilation: 1}
	}
	return g
}

// splitChannels divides total into n parts; the first takes the remainder too.
func splitChannels(total, n int) []int {
	parts := make([]int, n)
	for i := range parts {
		parts[i] = total / n
	}
	parts[0] += total % n
	return parts
}

// same returns the padding before and after one axis of length in, and the
// length that comes out, as TensorFlow's SAME does: the output is
// ⌈in/stride⌉ long, and an odd padding puts its extra zero at the end.
func same(in, kernel, stride, dilation int) (begin, end, out int) {
	out = (in + stride - 1) / stride
	total := max(0, (out-1)*stride+(kernel-1)*dilation+1-in)
	return total / 2, total - total/2, out
}
