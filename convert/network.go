package convert

import (
	"fmt"
	"reflect"

	"github.com/mixconv/mixconv/preprocess"
)

// Network describes a MixNet, or one of its relatives, before its weights.
// Channel counts are as written in the description; Expand scales them. The
// official MixNet code has a DepthDivisor of 8, a BatchNormEpsilon of 1e-3 and,
// of the fields from MinDepth on, else the zero values.
type Network struct {
	Name        string
	Blocks      []Block
	Stem        int // channels of the first convolution, before scaling
	FeatureSize int // channels of the head's convolution, never scaled; 0 where Head is HeadNone
	Classes     int

	DepthMultiplier float64 // scales stem and blocks; 0 and 1 leave them
	DepthDivisor    int     // scaled channel counts are multiples of it
	MinDepth        int     // least scaled channel count; 0 means DepthDivisor

	Stages        []int      // blocks in each stage, for the names; nil: blocks are numbered through
	FixedStem     bool       // Stem is not scaled
	StemPool      bool       // a 3×3 max pool of stride 2 follows the stem
	Activation    Activation // of stem, head, and blocks that name none; "" is ReLU
	SqueezeExcite SqueezeExcite
	Head          Head
	Padding       Padding
	Naming        Naming

	BatchNormEpsilon float32           // from 0 to 1; 0 is not replaced by a default
	Preprocessing    preprocess.Config // zero: nothing is known or, of Official networks, as their code does it
}

// SqueezeExcite says what the squeeze-and-excitation layers of a network have
// in common.
type SqueezeExcite struct {
	OfExpanded bool       // the bottleneck is relative to the expanded channels, not to the block's input
	Divisor    int        // and rounded to a multiple of this, as channels are; 0: to a whole number
	Activation Activation // in the bottleneck; "": that of the block
	HardGate   bool       // the gate is a hard sigmoid
}

// Head says what follows the blocks.
type Head string

// The heads.
const (
	HeadConv         Head = ""            // convolution, batch norm, activation, pooling, classifier
	HeadPooled       Head = "pooled"      // pooling, convolution with a bias, activation, classifier: MobileNetV3
	HeadPooledNoBias Head = "pooled-bare" // the same without the bias
	HeadNone         Head = "none"        // pooling, classifier: MobileNetV1
)

// Check reports the first thing that makes n no network.
func (n Network) Check() error {
	for _, f := range []struct {
		name               string
		value, least, most int
	}{
		{"stem", n.Stem, 1, maxChannels},
		{"feature size", n.FeatureSize, 0, maxChannels},
		{"classes", n.Classes, 1, maxClasses},
		{"blocks", len(n.Blocks), 1, maxRepeat},
		{"depth divisor", n.DepthDivisor, 1, maxChannels},
		{"min depth", n.MinDepth, 0, maxChannels},
		{"divisor of squeeze-and-excitation", n.SqueezeExcite.Divisor, 0, maxChannels},
	} {
		if f.value < f.least || f.value > f.most {
			return fmt.Errorf("network %s: %s is %d, allowed %d to %d", n.Name, f.name, f.value, f.least, f.most)
		}
	}
	if m := n.DepthMultiplier; !(m >= 0 && m <= 100) {
		return fmt.Errorf("network %s: depth multiplier is %g, allowed 0 to 100", n.Name, m)
	}
	if e := float64(n.BatchNormEpsilon); !(e >= 0 && e <= 1) {
		return fmt.Errorf("network %s: batch norm epsilon is %g, allowed 0 to 1", n.Name, e)
	}
	if err := n.checkChoices(); err != nil {
		return err
	}
	if err := n.checkBlocks(); err != nil {
		return err
	}
	return n.checkParams()
}

// maxParams bounds the elements of all parameters: 4 GiB of them.
const maxParams = 1 << 30

func (n Network) checkParams() error {
	total := 0.0
	for _, p := range n.Params() {
		elements := 1.0
		for _, d := range p.Shape {
			elements *= float64(d)
		}
		total += elements
	}
	if total > maxParams {
		return fmt.Errorf("network %s: %.3g parameters, allowed at most %d", n.Name, total, maxParams)
	}
	return nil
}

// checkChoices tests what is one of a few.
func (n Network) checkChoices() error {
	if n.Naming < Official || int(n.Naming) >= len(schemes) {
		return fmt.Errorf("network %s: naming %d is unknown", n.Name, n.Naming)
	}
	total := 0
	for _, count := range n.Stages {
		total += max(1, count) // a stage without blocks makes the sum wrong
	}
	_, hasHead := n.scheme().heads[n.Head]
	switch {
	case !hasHead:
		return fmt.Errorf("network %s: head %q is none that the network's code has", n.Name, n.Head)
	case n.StemPool && n.scheme().stemPool == "":
		return fmt.Errorf("network %s: pooling after the stem is nothing that the network's code has", n.Name)
	case (n.FeatureSize == 0) != (n.Head == HeadNone):
		return fmt.Errorf("network %s: feature size is %d, which does not go with head %q", n.Name, n.FeatureSize, n.Head)
	case n.Padding != Same && n.Padding != Symmetric:
		return fmt.Errorf("network %s: padding %q is unknown", n.Name, n.Padding)
	case !n.Activation.known() || !n.SqueezeExcite.Activation.known():
		return fmt.Errorf("network %s: activation %q or %q is unknown", n.Name, n.Activation, n.SqueezeExcite.Activation)
	case n.Stages != nil && total != len(n.Blocks):
		return fmt.Errorf("network %s: stages of %d blocks, there are %d", n.Name, total, len(n.Blocks))
	}
	return nil
}

func (n Network) checkBlocks() error {
	for i, b := range n.Blocks {
		again, err := ParseBlock(b.String())
		if err != nil {
			return fmt.Errorf("network %s: block %d: %w", n.Name, i, err)
		}
		if !reflect.DeepEqual(again, b) {
			return fmt.Errorf("network %s: block %d: %s is not a block", n.Name, i, b)
		}
	}
	channels := n.StemChannels()
	for i, u := range n.Expand() {
		if u.Out > maxChannels || u.Middle > maxChannels*maxExpand {
			return fmt.Errorf("network %s: block %d gives %d channels, allowed at most %d", n.Name, i, u.Out, maxChannels)
		}
		if u.In != channels {
			return fmt.Errorf("network %s: block %d takes %d channels, the one before it gives %d", n.Name, i, u.In, channels)
		}
		if _, ok := n.scheme().partsOf(u); !ok || u.Squeezed > 0 && n.scheme().squeezeOf(u) == (squeezeNames{}) {
			return fmt.Errorf("network %s: block %d: %s is nothing that the network's code has", n.Name, i, u.Block)
		}
		if u.Kind == Shuffled && (u.Out%2 != 0 || u.Stride == 1 && u.In != u.Out) {
			return fmt.Errorf("network %s: block %d: %d channels become %d, shuffled ones are even and change at a stride alone", n.Name, i, u.In, u.Out)
		}
		for _, groups := range [][]Group{u.ExpandGroups(), u.DepthwiseGroups(), u.ProjectGroups()} {
			for g, group := range groups {
				if group.In < 1 || group.Out < 1 {
					return fmt.Errorf("network %s: block %d: no channels for group %d of %d", n.Name, i, g, len(groups))
				}
				if n.Padding == Symmetric && group.Kernel%2 == 0 {
					return fmt.Errorf("network %s: block %d: a kernel of %d cannot be padded alike on both sides, allowed are odd ones", n.Name, i, group.Kernel)
				}
			}
		}
		channels = u.Out
	}
	return nil
}

// StemChannels is the number of channels of the first convolution, scaled.
func (n Network) StemChannels() int {
	if n.FixedStem {
		return n.Stem
	}
	return n.scale(n.Stem)
}

// scale rounds channels times the depth multiplier to a multiple of the
// divisor.
func (n Network) scale(channels int) int {
	if n.DepthMultiplier == 0 {
		return channels
	}
	least := n.MinDepth
	if least == 0 {
		least = n.DepthDivisor
	}
	return makeDivisible(float64(channels)*n.DepthMultiplier, n.DepthDivisor, least)
}
