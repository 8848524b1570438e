package convert

import (
	"math"

	"github.com/mixconv/mixconv/tensor"
)

// Unit is a block as it is built: one repeat of it, its channels scaled.
type Unit struct {
	Block
	Number       int // among all units
	Stage, Index int // as PyTorch code numbers it: the stage, and the unit in it
	Middle       int // channels between expansion and projection
	Squeezed     int // channels of the squeeze-and-excitation bottleneck; 0: there is none
}

// Expand returns the blocks as they are built. Only the first repeat of a
// block has its stride and its input channels.
func (n Network) Expand() []Unit {
	var units []Unit
	channels := n.StemChannels()
	for stage, blocks := range n.stages() {
		index := 0
		for _, b := range blocks {
			b.In, b.Out = n.scale(b.In), n.scale(b.Out)
			if b.Kind != MBConv {
				b.In = channels
			}
			if b.Kind == Skipped {
				b.Out, b.Stride = channels, 1
			}
			b.Activation = b.Activation.or(n.Activation).or(ReLU)
			repeat := b.Repeat
			b.Repeat = 1
			for range repeat {
				units = append(units, n.unit(Unit{Block: b, Number: len(units), Stage: stage, Index: index}))
				b.In, b.Stride = b.Out, 1
				index++
			}
			channels = b.Out
		}
	}
	return units
}

// stages divides the blocks; without stages, all are in one.
func (n Network) stages() [][]Block {
	var stages [][]Block
	rest := n.Blocks
	for _, count := range n.Stages {
		count = min(count, len(rest))
		stages, rest = append(stages, rest[:count]), rest[count:]
	}
	if len(rest) > 0 {
		stages = append(stages, rest)
	}
	return stages
}

// expansionDivisor is what timm's expanded channels are multiples of.
const expansionDivisor = 8

// unit completes u with the channels inside it.
func (n Network) unit(u Unit) Unit {
	switch u.Kind {
	case MBConv:
		u.Middle = u.In * whole(u.ExpandRatio)
	case InvertedResidual, EdgeResidual:
		u.Middle = makeDivisible(float64(u.In)*u.ExpandRatio, expansionDivisor, expansionDivisor)
	case Shuffled:
		u.Middle = u.Out / 2
	default:
		u.Middle = u.In
	}
	if u.SERatio > 0 {
		u.Squeezed = n.SqueezeExcite.channels(u)
	}
	return u
}

// channels is the width of u's bottleneck. The official code cuts off what is
// not whole, timm rounds to even as Python does.
func (s SqueezeExcite) channels(u Unit) int {
	of := u.In
	if s.OfExpanded {
		of = u.Middle
	}
	exact := float64(of) * u.SERatio
	switch {
	case s.Divisor > 0:
		return makeDivisible(exact, s.Divisor, s.Divisor)
	case u.Kind == MBConv:
		return max(1, whole(exact))
	}
	return max(1, whole(math.RoundToEven(exact)))
}

// whole is the integer that v is; no number of channels or blocks is greater than
// 2³¹-1, nor NaN.
func whole(v float64) int { return tensor.IntWithin(v, 0, math.MaxInt32) }

// makeDivisible rounds v to the nearest multiple of divisor, but never below
// least or nine tenths of v. The conversions keep products from being fused
// into the additions that follow.
func makeDivisible(v float64, divisor, least int) int {
	rounded := whole(math.Floor(float64(v)+float64(divisor)/2)) / divisor * divisor
	rounded = max(least, rounded)
	if float64(rounded) < float64(0.9*v) {
		rounded += divisor
	}
	return rounded
}

// shape is u's kind, that of the official notation told by its ratio.
func (u Unit) shape() BlockKind {
	switch {
	case u.Kind != MBConv:
		return u.Kind
	case u.ExpandRatio > 1:
		return InvertedResidual
	}
	return DepthwiseSeparable
}

// ExpandGroups are the groups of the expanding convolution, nil if u has none.
func (u Unit) ExpandGroups() []Group {
	if u.Kind == EdgeResidual {
		return []Group{{In: u.In, Out: u.Middle, Kernel: u.Kernels[0], Dilation: 1}}
	}
	if shape := u.shape(); shape != InvertedResidual && shape != Shuffled {
		return nil
	}
	return groups(u.Expand, splitChannels, u.In-u.bypass(), u.Middle)
}

// DepthwiseGroups are the groups of the mixed depthwise convolution; In and
// Out of each are equal. They are nil if u has none.
func (u Unit) DepthwiseGroups() []Group {
	if u.Kind == Plain || u.Kind == Skipped || u.Kind == EdgeResidual {
		return nil
	}
	return u.depthwiseGroups(u.Middle)
}

// depthwiseGroups are those of a depthwise convolution of so many channels. A
// dilated block simulates, at stride 1 alone, each large kernel by a 3×3 one
// that spans as much.
func (u Unit) depthwiseGroups(channels int) []Group {
	deal := splitChannels
	if u.Exponential {
		deal = halveChannels
	}
	g := groups(u.Kernels, deal, channels, channels)
	if u.Dilated && u.Stride == 1 {
		for i := range g {
			g[i].Kernel, g[i].Dilation = 3, (g[i].Kernel-1)/2
		}
	}
	return g
}

// ProjectGroups are the groups of the projecting convolution, nil if u has
// none.
func (u Unit) ProjectGroups() []Group {
	switch u.Kind {
	case Plain, Skipped:
		return nil
	case Shuffled:
		return groups(u.Project, splitChannels, u.Middle, u.Out/2)
	}
	return groups(u.Project, splitChannels, u.Middle, u.Out)
}

// bypass is how many channels pass u by unchanged: half of a shuffled unit's
// at stride 1.
func (u Unit) bypass() int {
	if u.Kind == Shuffled && u.Stride == 1 {
		return u.In / 2
	}
	return 0
}

// Residual reports whether u's input is added to its output.
func (u Unit) Residual() bool {
	switch u.shape() {
	case InvertedResidual, DepthwiseSeparable, EdgeResidual:
		return !u.NoSkip && u.Stride == 1 && u.In == u.Out
	}
	return false
}
