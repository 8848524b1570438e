package convert

import (
	"fmt"
	"math"
	"reflect"
)

// Network describes a MixNet before its weights. Channel counts are as
// written in the official description; Expand scales them.
type Network struct {
	Name        string
	Blocks      []Block
	Stem        int // channels of the first convolution, before scaling
	FeatureSize int // channels of the last convolution, never scaled
	Classes     int

	DepthMultiplier float64 // scales stem and blocks; 0 and 1 leave them
	DepthDivisor    int     // scaled channel counts are multiples of it
	MinDepth        int     // least scaled channel count; 0 means DepthDivisor

	BatchNormEpsilon float32
}

// Check reports the first thing that makes n no network.
func (n Network) Check() error {
	for _, f := range []struct {
		name        string
		value, most int
	}{
		{"stem", n.Stem, maxChannels},
		{"feature size", n.FeatureSize, maxChannels},
		{"classes", n.Classes, 1 << 24},
		{"blocks", len(n.Blocks), maxRepeat},
		{"depth divisor", n.DepthDivisor, maxChannels},
	} {
		if f.value < 1 || f.value > f.most {
			return fmt.Errorf("network %s: %s is %d, allowed 1 to %d", n.Name, f.name, f.value, f.most)
		}
	}
	if n.MinDepth < 0 || n.MinDepth > maxChannels {
		return fmt.Errorf("network %s: min depth is %d, allowed 0 to %d", n.Name, n.MinDepth, maxChannels)
	}
	if m := n.DepthMultiplier; !(m >= 0 && m <= 100) {
		return fmt.Errorf("network %s: depth multiplier is %g, allowed 0 to 100", n.Name, m)
	}
	if e := float64(n.BatchNormEpsilon); !(e >= 0 && e <= 1) {
		return fmt.Errorf("network %s: batch norm epsilon is %g, allowed 0 to 1", n.Name, e)
	}
	return n.checkBlocks()
}

func (n Network) checkBlocks() error {
	for i, b := range n.Blocks {
		if again, err := ParseBlock(b.String()); err != nil || !reflect.DeepEqual(again, b) {
			return fmt.Errorf("network %s: block %d: %s is not a block", n.Name, i, b)
		}
	}
	channels := n.StemChannels()
	for i, b := range n.Expand() {
		if b.Out > maxChannels {
			return fmt.Errorf("network %s: block %d gives %d channels, allowed at most %d", n.Name, i, b.Out, maxChannels)
		}
		if b.In != channels {
			return fmt.Errorf("network %s: block %d takes %d channels, the one before it gives %d", n.Name, i, b.In, channels)
		}
		for _, groups := range [][]Group{b.ExpandGroups(), b.DepthwiseGroups(), b.ProjectGroups()} {
			for g, group := range groups {
				if group.In < 1 || group.Out < 1 {
					return fmt.Errorf("network %s: block %d: no channels for group %d of %d", n.Name, i, g, len(groups))
				}
			}
		}
		channels = b.Out
	}
	return nil
}

// Expand returns the blocks as they are built: channels scaled, one entry per
// repeat. Only the first repeat of a description has its stride and its input
// channels.
func (n Network) Expand() []Block {
	var blocks []Block
	for _, b := range n.Blocks {
		b.In, b.Out = n.scale(b.In), n.scale(b.Out)
		repeat := b.Repeat
		b.Repeat = 1
		for range repeat {
			blocks = append(blocks, b)
			b.In, b.Stride = b.Out, 1
		}
	}
	return blocks
}

// StemChannels is the number of channels of the first convolution, scaled.
func (n Network) StemChannels() int { return n.scale(n.Stem) }

// scale rounds channels times the depth multiplier to the nearest multiple of
// the divisor, never below nine tenths of the exact product. The conversions
// keep the products from being fused into the additions that follow.
func (n Network) scale(channels int) int {
	if n.DepthMultiplier == 0 {
		return channels
	}
	divisor := n.DepthDivisor
	least := n.MinDepth
	if least == 0 {
		least = divisor
	}
	exact := float64(float64(channels) * n.DepthMultiplier)
	rounded := int(math.Floor(exact+float64(divisor)/2)) / divisor * divisor
	rounded = max(least, rounded)
	if float64(rounded) < float64(0.9*exact) {
		rounded += divisor
	}
	return rounded
}
