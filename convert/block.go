package convert

import (
	"strconv"
	"strings"
)

// BlockKind says what a block is made of.
type BlockKind string

// The kinds of blocks. The two-letter ones are written in front of a block
// string; those without a kind are in the official MixNet code's notation.
const (
	MBConv             BlockKind = ""    // as InvertedResidual, but a ratio of 1 means no expanding convolution
	InvertedResidual   BlockKind = "ir"  // expand, depthwise, squeeze and excite, project
	DepthwiseSeparable BlockKind = "ds"  // depthwise, squeeze and excite, project
	Separable          BlockKind = "dsa" // as in MobileNetV1: with an activation at the end, never a residual
	EdgeResidual       BlockKind = "er"  // expand with a kernel of its own in place of a depthwise one, squeeze and excite, project
	Plain              BlockKind = "cn"  // one convolution
	Shuffled           BlockKind = "su"  // ShuffleNetV2: half of the channels pass by, then all are shuffled
	Skipped            BlockKind = "id"  // nothing; it only takes a number, as pruned blocks of ProxylessNAS do
)

// Block is a line of a network's description: Repeat blocks of equal geometry.
// It is what BlockArgs are in the official MixNet code (tensorflow/tpu,
// models/official/mnasnet/mixnet/mixnet_builder.py) and what the dictionaries
// of block arguments are in timm (timm/models/_efficientnet_builder.py).
type Block struct {
	Kind        BlockKind
	Repeat      int
	Kernels     []int   // k: depthwise kernel sizes, one group of channels each; of er and cn that of the one convolution
	Expand      []int   // a: kernel sizes of the expanding convolution, one group each
	Project     []int   // p: kernel sizes of the projecting convolution, one group each
	Stride      int     // s: of the first repeat, both ways; the others have 1
	ExpandRatio float64 // e
	In, Out     int     // i, o (or c): channels; the repeats after the first take Out. In is 0 where a kind is given: what the block before gives
	SERatio     float64
	NoSkip      bool       // no residual even where the shapes allow one
	Activation  Activation // "": the network's
	Exponential bool       // each depthwise group has half of the channels that are left, in place of equal shares
	Dilated     bool       // at stride 1, depthwise kernels above 3×3 are dilated 3×3 ones
}

// String prints the block in the notation that it was read in, with fields in
// a fixed order, which for the official one is the official order:
//
//	r3_k3.5.7_a1.1_p1.1_s11_e6_i40_o80_se0.5_noskip_sw_dilated
//	ir_r3_k3.5.7_a1.1_p1.1_s1_e6_c80_se0.5_nsw_noskip_exp_dilated
func (b Block) String() string {
	fields := b.leading()
	if b.SERatio > 0 {
		fields = append(fields, "se"+formatRatio(b.SERatio))
	}
	if b.Kind != MBConv {
		fields = append(fields, b.activationField()...)
	}
	if b.NoSkip {
		fields = append(fields, "noskip")
	}
	if b.Kind == MBConv && b.Activation == Swish {
		fields = append(fields, "sw")
	}
	if b.Exponential {
		fields = append(fields, "exp")
	}
	if b.Dilated {
		fields = append(fields, "dilated")
	}
	return strings.Join(fields, "_")
}

// leading returns the fields up to the channels.
func (b Block) leading() []string {
	stride := strconv.Itoa(b.Stride)
	ratio := "e" + strconv.FormatFloat(b.ExpandRatio, 'f', -1, 64)
	if b.Kind == MBConv {
		return []string{
			"r" + strconv.Itoa(b.Repeat),
			"k" + formatKernels(b.Kernels),
			"a" + formatKernels(b.Expand),
			"p" + formatKernels(b.Project),
			"s" + stride + stride,
			ratio,
			"i" + strconv.Itoa(b.In),
			"o" + strconv.Itoa(b.Out),
		}
	}
	fields := []string{string(b.Kind), "r" + strconv.Itoa(b.Repeat)}
	if b.Kind == Skipped {
		return fields
	}
	fields = append(fields, "k"+formatKernels(b.Kernels))
	if s := formatKernels(b.Expand); s != "1" {
		fields = append(fields, "a"+s)
	}
	if s := formatKernels(b.Project); s != "1" {
		fields = append(fields, "p"+s)
	}
	fields = append(fields, "s"+stride)
	if b.Kind == InvertedResidual || b.Kind == EdgeResidual {
		fields = append(fields, ratio)
	}
	return append(fields, "c"+strconv.Itoa(b.Out))
}

func (b Block) activationField() []string {
	for code, a := range activationCodes {
		if b.Activation == a {
			return []string{"n" + code}
		}
	}
	return nil
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
