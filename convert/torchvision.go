package convert

import (
	"fmt"
	"strconv"
)

// The names of torchvision's networks, from torchvision/models: mobilenetv2.py,
// mobilenetv3.py, efficientnet.py and mnasnet.py. A unit is a Sequential, so
// that a module's number is that of the modules before it.

var (
	torchVisionV2 = scheme{
		stem: module{"features.0.0", "features.0.1", "features.0"},
		parts: map[BlockKind]map[string]module{
			InvertedResidual: {
				"expand":    {"conv.0.0", "conv.0.1", "conv.0"},
				"depthwise": {"conv.1.0", "conv.1.1", "conv.1"},
				"project":   {"conv.2", "conv.3", ""},
			},
			DepthwiseSeparable: {
				"depthwise": {"conv.0.0", "conv.0.1", "conv.0"},
				"project":   {"conv.1", "conv.2", ""},
			},
		},
		heads: map[Head]headNames{
			HeadConv: {module{"features.18.0", "features.18.1", "features.18"}, "pool", "flatten", "classifier.1", false},
		},
		unit: func(u Unit) unitNames {
			path := fmt.Sprintf("features.%d", u.Number+1)
			return unitNames{path: path + ".", out: path}
		},
	}
	torchVisionV3 = scheme{
		stem:     module{"features.0.0", "features.0.1", "features.0"},
		parts:    map[BlockKind]map[string]module{InvertedResidual: nil, DepthwiseSeparable: nil, Plain: {"conv": {"0", "1", ""}}},
		numbered: torchVisionBlock,
		heads: map[Head]headNames{
			HeadPooled: {module{"classifier.0", "", "classifier.1"}, "avgpool", "flatten", "classifier.3", true},
		},
		unit: torchVisionV2.unit,
	}
	torchVisionEfficient = scheme{
		stem:     module{"features.0.0", "features.0.1", "features.0"},
		parts:    map[BlockKind]map[string]module{InvertedResidual: nil, DepthwiseSeparable: nil},
		numbered: torchVisionBlock,
		heads: map[Head]headNames{
			HeadConv: {module{"features.8.0", "features.8.1", "features.8"}, "avgpool", "flatten", "classifier.1", false},
		},
		unit: func(u Unit) unitNames {
			path := fmt.Sprintf("features.%d.%d", u.Stage+1, u.Index)
			return unitNames{path: path + ".", out: path}
		},
	}
	torchVisionMNAS = scheme{
		stem: module{"layers.0", "layers.1", "layers.2"},
		parts: map[BlockKind]map[string]module{
			InvertedResidual: {
				"expand":    {"0", "1", "2"},
				"depthwise": {"3", "4", "5"},
				"project":   {"6", "7", ""},
			},
			DepthwiseSeparable: { // numbered on from the stem
				"depthwise": {"3", "4", "5"},
				"project":   {"6", "7", ""},
			},
		},
		heads: map[Head]headNames{
			HeadConv: {module{"layers.14", "layers.15", "layers.16"}, "pool", "flatten", "classifier.1", false},
		},
		unit: func(u Unit) unitNames {
			if u.Stage == 0 {
				return unitNames{path: "layers.", out: "layers.7"}
			}
			path := fmt.Sprintf("layers.%d.%d", u.Stage+7, u.Index)
			return unitNames{path: path + ".layers.", out: path}
		},
	}
)

// torchVisionBlock numbers what a block of MobileNetV3 or EfficientNet has of
// expansion, depthwise convolution, squeeze-and-excitation and projection.
func torchVisionBlock(u Unit) (map[string]module, squeezeNames) {
	next := 0
	path := func() string {
		next++
		return "block." + strconv.Itoa(next-1)
	}
	conv := func() module {
		p := path()
		return module{p + ".0", p + ".1", p}
	}
	parts := map[string]module{}
	if u.shape() == InvertedResidual {
		parts["expand"] = conv()
	}
	parts["depthwise"] = conv()
	var squeeze squeezeNames
	if u.Squeezed > 0 {
		p := path()
		squeeze = squeezeNames{p + ".avgpool", p + ".fc1", p + ".activation", p + ".fc2", p + ".scale_activation", p}
	}
	parts["project"] = conv()
	return parts, squeeze
}
