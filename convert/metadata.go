package convert

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/metadata"
	"github.com/mixconv/mixconv/onnx"
)

// setMetadata writes metadata_props in the order of their keys.
func setMetadata(m *onnx.Model, n Network, o Options) {
	props := networkMetadata(n, o)
	maps.Copy(props, n.preprocessing(known(o.ImageSize)))
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
		metadata.Network:         n.Name,
		metadata.Blocks:          n.blockStrings(),
		metadata.Stem:            strconv.Itoa(n.Stem),
		metadata.FeatureSize:     strconv.Itoa(n.FeatureSize),
		metadata.DepthMultiplier: strconv.FormatFloat(multiplier, 'g', -1, 64),
		metadata.TrainedParams:   strconv.FormatInt(trained, 10),
		metadata.Labels:          strings.Join(o.Labels, "\n"),
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
