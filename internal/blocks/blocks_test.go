package blocks_test

import (
	"fmt"
	"strings"
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

// TestNumbered: names that number each node tell no blocks.
func TestNumbered(t *testing.T) {
	var nodes []blocks.Node
	for i := range 20 {
		nodes = append(nodes, blocks.Node{Name: fmt.Sprintf("p2o.Conv.%d", i), In: []string{fmt.Sprint(i)}, Out: []string{fmt.Sprint(i + 1)}})
	}
	if got := blocks.Split(nodes); len(got) != 1 || got[0].Block != "" {
		t.Errorf("%v", got)
	}
}

// TestSplit: by names, and by structure where names tell nothing.
func TestSplit(t *testing.T) {
	node := func(name, in, out string) blocks.Node {
		return blocks.Node{Name: name, In: strings.Fields(in), Out: strings.Fields(out)}
	}
	for _, test := range []struct {
		name  string
		nodes []blocks.Node
		want  string
	}{
		{"names", []blocks.Node{node("stem", "x", "a"), node("act", "a", "b"), node("blocks.0.conv", "b", "c"), node("blocks.0", "c b", "d"), node("block_1", "d", "e"), node("head", "e", "y")},
			"[{ [0 1]} {blocks.0 [2 3]} {block_1 [4]} { [5]}]"},
		{"a block goes on", []blocks.Node{node("blocks.0.a", "x", "a"), node("", "a", "b"), node("blocks.0.b", "b", "c")}, "[{blocks.0 [0 2]} { [1]}]"},
		{"structure", []blocks.Node{node("", "x", "a"), node("", "a", "b"), node("", "b", "c"), node("", "b", "d"), node("", "c d", "e"), node("", "e", "y")},
			"[{ [0 1]} {part 1 [2 3 4]} { [5]}]"},
		{"residual", []blocks.Node{node("", "x", "a"), node("", "a", "b"), node("", "b", "c"), node("", "a c", "d"), node("", "d", "e"), node("", "e", "f"), node("", "d f", "y")},
			"[{ [0]} {part 1 [1 2 3]} {part 2 [4 5 6]}]"},
		{"chain", []blocks.Node{node("", "x", "a"), node("", "a", "b"), node("", "b", "y")}, "[{ [0 1 2]}]"},
		{"nothing", nil, "[]"},
	} {
		if got := fmt.Sprint(blocks.Split(test.nodes)); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}
