package convert

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/onnx"
)

// The keys of metadata_props. Lower writes those of the network and, unless
// Options say otherwise, the preprocessing of the official MixNets; those of
// the source and the labels come through Options.
const (
	MetaNetwork         = "mixconv.network"          // mixnet-s
	MetaBlocks          = "mixconv.blocks"           // block strings, a space between
	MetaStem            = "mixconv.stem"             // channels before scaling
	MetaFeatureSize     = "mixconv.feature_size"     // channels of the last convolution
	MetaDepthMultiplier = "mixconv.depth_multiplier" // 1.3; 1 if there is none
	MetaTrainedParams   = "mixconv.trained_params"   // elements, moments not counted

	MetaSourceSHA256   = "mixconv.source.sha256"   // of what the weights were read from, hex
	MetaSourceAverages = "mixconv.source.averages" // true if moving averages of the weights were used

	MetaSize          = "mixconv.preprocess.size"          // height and width, pixels
	MetaCrop          = "mixconv.preprocess.crop"          // of the shorter side, around the centre, before resizing
	MetaInterpolation = "mixconv.preprocess.interpolation" // bilinear, bicubic
	MetaMean          = "mixconv.preprocess.mean"          // R,G,B of 0…255, subtracted
	MetaStd           = "mixconv.preprocess.std"           // R,G,B of 0…255, divided by

	MetaLabels = "mixconv.labels" // one per class, a newline between
)

// PreprocessingKeys are those that say how pictures are prepared.
var PreprocessingKeys = []string{MetaSize, MetaCrop, MetaInterpolation, MetaMean, MetaStd}

// What the official code does to a picture before the network sees it
// (models/official/mnasnet: preprocessing.py, imagenet_input.py). MixNets were
// trained and measured with bicubic resizing; a later revision of that file
// resizes bilinearly.
const (
	officialSize          = 224
	officialCropPadding   = 32 // pixels around the crop, at the scale of the result
	officialInterpolation = "bicubic"
	officialMean          = "123.675,116.28,103.53"
	officialStd           = "58.395,57.12,57.375"
)

// setMetadata writes metadata_props in the order of their keys.
func setMetadata(m *onnx.Model, n Network, o Options) {
	props := networkMetadata(n)
	maps.Copy(props, officialPreprocessing(o.ImageSize))
	maps.Copy(props, o.Metadata)
	for _, key := range slices.Sorted(maps.Keys(props)) {
		if props[key] != "" {
			m.SetMetadata(key, props[key])
		}
	}
}

func networkMetadata(n Network) map[string]string {
	blocks := make([]string, len(n.Blocks))
	for i, b := range n.Blocks {
		blocks[i] = b.String()
	}
	multiplier := n.DepthMultiplier
	if multiplier == 0 {
		multiplier = 1
	}
	return map[string]string{
		MetaNetwork:         n.Name,
		MetaBlocks:          strings.Join(blocks, " "),
		MetaStem:            strconv.Itoa(n.Stem),
		MetaFeatureSize:     strconv.Itoa(n.FeatureSize),
		MetaDepthMultiplier: strconv.FormatFloat(multiplier, 'g', -1, 64),
		MetaTrainedParams:   strconv.FormatInt(n.TrainedParams(), 10),
	}
}

func officialPreprocessing(size int) map[string]string {
	if size == 0 {
		size = officialSize
	}
	crop := float64(size) / float64(size+officialCropPadding)
	return map[string]string{
		MetaSize:          strconv.Itoa(size),
		MetaCrop:          strconv.FormatFloat(crop, 'g', -1, 64),
		MetaInterpolation: officialInterpolation,
		MetaMean:          officialMean,
		MetaStd:           officialStd,
	}
}
