package convert

import (
	"fmt"
	"slices"
)

// MDConv is a mixed depthwise convolution that takes the place of others, as
// in the ablations of the MixConv paper (section 3.2).
type MDConv struct {
	Kernels     []int // one group of channels each
	Exponential bool  // each group has half of the channels that are left, in place of equal shares
	Dilated     bool  // at stride 1, kernels above 3×3 are dilated 3×3 ones
}

// WithMDConv returns n with m in every block that has a depthwise convolution
// between two ordinary ones, or before one.
func (n Network) WithMDConv(m MDConv) (Network, error) {
	blocks := slices.Clone(n.Blocks)
	found := false
	for i := range blocks {
		switch b := &blocks[i]; b.Kind {
		case MBConv, InvertedResidual, DepthwiseSeparable, Separable:
			b.Kernels, b.Exponential, b.Dilated = slices.Clone(m.Kernels), m.Exponential, m.Dilated
			found = true
		}
	}
	if !found {
		return n, fmt.Errorf("network %s: no block has a depthwise convolution to replace", n.Name)
	}
	n.Blocks = blocks
	n.Name += "_k" + formatKernels(m.Kernels)
	if m.Exponential {
		n.Name += "_exp"
	}
	if m.Dilated {
		n.Name += "_dilated"
	}
	return n, n.Check()
}
