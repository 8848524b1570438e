// Package convert holds MixNets as data and lowers them to ONNX: block strings
// in the notation of the official code, the geometry that follows from them,
// the parameters by role, and the graph that a network with its weights
// becomes. Where the weights come from is the business of its subpackages.
package convert

import (
	"strconv"
	"strings"
)

// Block is a line of a network's description: Repeat inverted residual blocks
// of equal geometry, as the official MixNet code's BlockArgs
// (tensorflow/tpu, models/official/mnasnet/mixnet/mixnet_builder.py).
type Block struct {
	Repeat      int
	Kernels     []int // k: depthwise kernel sizes, one group of channels each
	Expand      []int // a: kernel sizes of the expanding convolution, one group each
	Project     []int // p: kernel sizes of the projecting convolution, one group each
	Stride      int   // s: of the first repeat, both ways; the others have 1
	ExpandRatio int   // e: 1 means no expanding convolution
	In, Out     int   // i, o: channels; the repeats after the first take Out
	SERatio     float64
	NoSkip      bool // no residual even where the shapes allow one
	Swish       bool // swish in place of ReLU
	Dilated     bool // at stride 1, kernels above 3×3 are dilated 3×3 ones
}

// String prints the block in the official notation, fields in the official
// order: r3_k3.5.7_a1.1_p1.1_s11_e6_i40_o80_se0.5_noskip_sw_dilated.
func (b Block) String() string {
	s := strconv.Itoa(b.Stride)
	fields := []string{
		"r" + strconv.Itoa(b.Repeat),
		"k" + formatKernels(b.Kernels),
		"a" + formatKernels(b.Expand),
		"p" + formatKernels(b.Project),
		"s" + s + s,
		"e" + strconv.Itoa(b.ExpandRatio),
		"i" + strconv.Itoa(b.In),
		"o" + strconv.Itoa(b.Out),
	}
	if b.SERatio > 0 {
		fields = append(fields, "se"+formatRatio(b.SERatio))
	}
	if b.NoSkip {
		fields = append(fields, "noskip")
	}
	if b.Swish {
		fields = append(fields, "sw")
	}
	if b.Dilated {
		fields = append(fields, "dilated")
	}
	return strings.Join(fields, "_")
}

func formatKernels(sizes []int) string {
	parts := make([]string, len(sizes))
	for i, k := range sizes {
		parts[i] = strconv.Itoa(k)
	}
	return strings.Join(parts, ".")
}

// formatRatio prints a number above 0 and at most 1 as Python's str does, which
// the official encoder uses: always with a point or an exponent.
func formatRatio(v float64) string {
	switch {
	case v == 1:
		return "1.0"
	case v < 1e-4:
		return strconv.FormatFloat(v, 'e', -1, 64)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
