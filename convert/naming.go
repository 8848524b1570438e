package convert

import (
	"fmt"
	"strings"
)

// Naming says whose names the values of a network carry, and what its
// parameters are called where it was trained.
type Naming int

// The code bases whose names are known.
const (
	Official    Naming = iota // the endpoints of TensorFlow's MixNet code: stem, block_3, head
	Timm                      // timm's module paths: conv_stem, blocks.1.0.conv_dw, blocks.1.0
	TorchVision               // torchvision's ShuffleNetV2: conv1, stage2.0.branch2.3, stage2.0
	PyTorchCV                 // pytorchcv's ProxylessNAS: features.stage2.unit1.body.dw_conv

	TorchVisionMobileNetV2  // torchvision's MobileNetV2: features.2.conv.1.0
	TorchVisionMobileNetV3  // MobileNetV3: features.2.block.1.0
	TorchVisionEfficientNet // EfficientNet: features.2.0.block.1.0
	TorchVisionMNASNet      // MNASNet: layers.8.0.layers.3

	LukeMelas // lukemelas's efficientnet_pytorch: _conv_stem, _blocks.3._depthwise_conv, _blocks.3
)

// module is what a convolution, its batch norm and its activation are called,
// below the path of the unit that they are in. One module may do the last two.
type module struct{ conv, norm, act string }

// below returns m with full paths.
func (m module) below(path string) module { return module{path + m.conv, path + m.norm, path + m.act} }

// scope is what the names of values begin with that no module returns.
func (m module) scope() string { return strings.TrimSuffix(m.conv, "/conv") }

// squeezeNames are the modules of a squeeze-and-excitation layer; out is its
// result, "" if that is the unit's expansion.
type squeezeNames struct{ pool, reduce, act, expand, gate, out string }

func (s squeezeNames) below(path string) squeezeNames {
	for _, p := range []*string{&s.pool, &s.reduce, &s.act, &s.expand, &s.gate, &s.out} {
		if *p != "" {
			*p = path + *p
		}
	}
	return s
}

// headNames are the modules of a head.
type headNames struct {
	conv                      module
	pool, flatten, classifier string
	linear                    bool // the convolution of a pooled head is a Linear, behind the flattening
}

// scheme has the names of one code base.
type scheme struct {
	stem     module
	stemPool string
	parts    map[BlockKind]map[string]module // by the unit's shape and the convolution's role in it
	squeeze  squeezeNames
	numbered func(u Unit) (map[string]module, squeezeNames) // in place of parts and squeeze, where a module's name depends on what is before it
	heads    map[Head]headNames
	unit     func(u Unit) unitNames
}

// partsOf are the modules of u; ok tells whether the code has such units.
func (s scheme) partsOf(u Unit) (parts map[string]module, ok bool) {
	parts, ok = s.parts[u.shape()]
	if ok && parts == nil && s.numbered != nil {
		parts, _ = s.numbered(u)
	}
	return parts, ok
}

// squeezeOf are the modules of u's squeeze-and-excitation.
func (s scheme) squeezeOf(u Unit) squeezeNames {
	if s.numbered == nil {
		return s.squeeze
	}
	_, names := s.numbered(u)
	return names
}

// unitNames are the names of one unit: the path of its modules, with what
// separates them from it, its result, and, where that has a name of its own,
// what goes into its projection.
type unitNames struct{ path, out, expansion string }

var schemes = [...]scheme{
	Official: {
		stem:    module{"stem/conv", "stem/bn", "stem"},
		parts:   map[BlockKind]map[string]module{InvertedResidual: officialParts, DepthwiseSeparable: officialParts},
		squeeze: squeezeNames{"se/pool", "se/reduce/conv", "se/reduce", "se/expand", "se/sigmoid", ""},
		heads: map[Head]headNames{
			HeadConv: {module{"head/conv", "head/bn", "head/relu"}, "head/pool", "head/flatten", "head", false},
		},
		unit: func(u Unit) unitNames {
			out := fmt.Sprintf("block_%d", u.Number)
			return unitNames{fmt.Sprintf("blocks_%d/", u.Number), out, out + "/expansion_output"}
		},
	},
	Timm: {
		stem: module{"conv_stem", "bn1", "bn1"},
		parts: map[BlockKind]map[string]module{
			InvertedResidual:   timmInverted,
			DepthwiseSeparable: timmSeparable,
			Separable:          timmSeparable,
			EdgeResidual:       timmEdge,
			Plain:              {"conv": {"conv", "bn1", "bn1"}},
		},
		squeeze: squeezeNames{"se/pool", "se.conv_reduce", "se.act1", "se.conv_expand", "se.gate", "se"},
		heads: map[Head]headNames{
			HeadConv:         {module{"conv_head", "bn2", "bn2"}, "global_pool.pool", "global_pool", "classifier", false},
			HeadNone:         {module{}, "global_pool.pool", "global_pool", "classifier", false},
			HeadPooled:       {module{"conv_head", "", "act2"}, "global_pool", "flatten", "classifier", false},
			HeadPooledNoBias: {module{"conv_head", "", "act2"}, "global_pool", "flatten", "classifier", false},
		},
		unit: func(u Unit) unitNames {
			path := fmt.Sprintf("blocks.%d.%d", u.Stage, u.Index)
			return unitNames{path: path + ".", out: path}
		},
	},
	TorchVision: {
		stem:     module{"conv1.0", "conv1.1", "conv1"},
		stemPool: "maxpool",
		parts: map[BlockKind]map[string]module{Shuffled: {
			"bypass.depthwise": {"branch1.0", "branch1.1", ""},
			"bypass.project":   {"branch1.2", "branch1.3", "branch1"},
			"expand":           {"branch2.0", "branch2.1", "branch2.2"},
			"depthwise":        {"branch2.3", "branch2.4", ""},
			"project":          {"branch2.5", "branch2.6", "branch2"},
		}},
		heads: map[Head]headNames{
			HeadConv: {module{"conv5.0", "conv5.1", "conv5"}, "pool", "flatten", "fc", false},
		},
		unit: func(u Unit) unitNames {
			path := fmt.Sprintf("stage%d.%d", u.Stage+2, u.Index)
			return unitNames{path: path + ".", out: path}
		},
	},
	PyTorchCV: {
		stem: module{"features.init_block.conv", "features.init_block.bn", "features.init_block"},
		parts: map[BlockKind]map[string]module{
			InvertedResidual:   proxylessParts,
			DepthwiseSeparable: proxylessParts,
			Skipped:            nil,
		},
		heads: map[Head]headNames{
			HeadConv: {
				module{"features.final_block.conv", "features.final_block.bn", "features.final_block"},
				"features.final_pool", "flatten", "output", false,
			},
		},
		unit: func(u Unit) unitNames {
			path := fmt.Sprintf("features.stage%d.unit%d", u.Stage+1, u.Index+1)
			return unitNames{path: path + ".body.", out: path}
		},
	},
	TorchVisionMobileNetV2:  torchVisionV2,
	TorchVisionMobileNetV3:  torchVisionV3,
	TorchVisionEfficientNet: torchVisionEfficient,
	TorchVisionMNASNet:      torchVisionMNAS,
	LukeMelas:               lukeMelas,
}

// The modules of blocks, those of timm from timm/models/_efficientnet_blocks.py.
var (
	officialParts = map[string]module{
		"expand":    {"expand/conv", "expand/bn", "expand"},
		"depthwise": {"depthwise/conv", "depthwise/bn", "depthwise"},
		"project":   {"project/conv", "project/bn", "project"},
	}
	timmInverted = map[string]module{
		"expand":    {"conv_pw", "bn1", "bn1"},
		"depthwise": {"conv_dw", "bn2", "bn2"},
		"project":   {"conv_pwl", "bn3", ""},
	}
	timmEdge = map[string]module{
		"expand":  {"conv_exp", "bn1", "bn1"},
		"project": {"conv_pwl", "bn2", ""},
	}
	timmSeparable = map[string]module{
		"depthwise": {"conv_dw", "bn1", "bn1"},
		"project":   {"conv_pw", "bn2", "bn2"},
	}
	proxylessParts = map[string]module{
		"expand":    {"bc_conv.conv", "bc_conv.bn", "bc_conv"},
		"depthwise": {"dw_conv.conv", "dw_conv.bn", "dw_conv"},
		"project":   {"pw_conv.conv", "pw_conv.bn", ""},
	}
)
