package convert

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/preprocess"
)

// The keys of metadata_props. Lower writes those of the network and, unless
// Options say otherwise, those that package preprocess has for how pictures are
// prepared; those of the source and the labels come through Options.
const (
	MetaNetwork         = "mixconv.network"          // mixnet-s
	MetaBlocks          = "mixconv.blocks"           // block strings, a space between, or a newline between stages
	MetaStem            = "mixconv.stem"             // channels before scaling
	MetaFeatureSize     = "mixconv.feature_size"     // channels of the last convolution
	MetaDepthMultiplier = "mixconv.depth_multiplier" // 1.3; 1 if there is none
	MetaTrainedParams   = "mixconv.trained_params"   // elements of what the model has, moments not counted

	MetaSourceSHA256   = "mixconv.source.sha256"   // of what the weights were read from, hex
	MetaSourceAverages = "mixconv.source.averages" // true if moving averages of the weights were used
	MetaSourceKey      = "mixconv.source.key"      // of the dictionary that the weights are in, in a trainer's checkpoint
	MetaSourcePrefix   = "mixconv.source.prefix"   // that stands before their names there

	MetaLabels = preprocess.KeyLabels // one per class, a newline between
)

// setMetadata writes metadata_props in the order of their keys.
func setMetadata(m *onnx.Model, n Network, o Options) {
	props := networkMetadata(n, o)
	maps.Copy(props, n.preprocessing(o.ImageSize))
	maps.Copy(props, o.Metadata)
	for _, key := range slices.Sorted(maps.Keys(props)) {
		if props[key] != "" {
			m.SetMetadata(key, props[key])
		}
	}
}

func networkMetadata(n Network, o Options) map[string]string {
	multiplier := n.DepthMultiplier
	if multiplier == 0 {
		multiplier = 1
	}
	trained := n.TrainedParams()
	if o.Features {
		trained = n.featureParams().trained()
	}
	return map[string]string{
		MetaNetwork:         n.Name,
		MetaBlocks:          n.blockStrings(),
		MetaStem:            strconv.Itoa(n.Stem),
		MetaFeatureSize:     strconv.Itoa(n.FeatureSize),
		MetaDepthMultiplier: strconv.FormatFloat(multiplier, 'g', -1, 64),
		MetaTrainedParams:   strconv.FormatInt(trained, 10),
	}
}

func (n Network) blockStrings() string {
	var lines []string
	for _, stage := range n.stages() {
		var blocks []string
		for _, b := range stage {
			blocks = append(blocks, b.String())
		}
		lines = append(lines, strings.Join(blocks, " "))
	}
	return strings.Join(lines, "\n")
}
