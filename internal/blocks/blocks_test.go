package blocks_test

import (
	"testing"

	"github.com/mixconv/mixconv/internal/blocks"
)

func TestOf(t *testing.T) {
	for name, want := range map[string]string{
		"blocks.2.1.se.conv_reduce":                     "blocks.2.1",
		"blocks.2.1":                                    "blocks.2.1",
		"blocks.1.0.bn2/norm/conv_0":                    "blocks.1.0",
		"blocks_4/expand/bn":                            "block_4",
		"block_4":                                       "block_4",
		"block_3/expansion_output":                      "block_3",
		"/blocks/blocks.1/blocks.1.0/conv_dw/Conv":      "blocks.1.0",
		"/features/features.3/block/block.0/block.0.0/": "features.3",
		"layer2.0.conv1":                                "layer2.0",
		"/layer2/layer2.0/conv1/Conv":                   "layer2.0",
		"model/block2a_expand_conv/Conv2D":              "block2a",
		"model.layers.5.mlp":                            "model.layers.5",
		"stem/bn":                                       "",
		"bn1/norm":                                      "",
		"Conv_12":                                       "",
		"12":                                            "",
		"":                                              "",
		"layer1xy.conv":                                 "",
	} {
		if got := blocks.Of(name); got != want {
			t.Errorf("%q is in block %q, want %q", name, got, want)
		}
	}
}
