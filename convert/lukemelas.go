package convert

import "fmt"

// lukeMelas has the names of lukemelas's efficientnet_pytorch and of its copy with
// the Lite networks, efficientnet_lite_pytorch (model.py of each). Blocks are
// numbered through. All activations of a block are one module, _swish, and
// squeeze-and-excitation is none: what these give has names of ours. Paddings are
// SAME for the size that a network was built for, its argument image_size.
var lukeMelas = scheme{
	stem: module{"_conv_stem", "_bn0", "_bn0/act"},
	parts: map[BlockKind]map[string]module{
		InvertedResidual:   lukeMelasParts,
		DepthwiseSeparable: lukeMelasParts,
	},
	squeeze: squeezeNames{"se/pool", "_se_reduce", "se/act", "_se_expand", "se/gate", "se"},
	heads: map[Head]headNames{
		HeadConv: {module{"_conv_head", "_bn1", "_bn1/act"}, "_avg_pooling", "flatten", "_fc", false},
	},
	unit: func(u Unit) unitNames {
		path := fmt.Sprintf("_blocks.%d", u.Number)
		return unitNames{path: path + ".", out: path}
	},
}

var lukeMelasParts = map[string]module{
	"expand":    {"_expand_conv", "_bn0", "_bn0/act"},
	"depthwise": {"_depthwise_conv", "_bn1", "_bn1/act"},
	"project":   {"_project_conv", "_bn2", ""},
}
