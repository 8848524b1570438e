// Package blocks finds the block of a network that a node belongs to, by the node's name.
package blocks

import (
	"regexp"
	"strings"
)

// A block's name ends in a number: that of a list in a module path (blocks.3.1,
// features.4), or one behind a word for it (block_3, layer2.0, block2a_expand).
var (
	listed = regexp.MustCompile(`^[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*?(?:\.\d+)+`)
	worded = regexp.MustCompile(`^(?:[A-Za-z_][\w-]*\.)*?(?:block|layer|stage|cell|unit|bottleneck|group)s?_?\d+[a-z]?(?:\.\d+)*`)
)

// Of returns the block that a node of this name is in, "" if the name tells none:
// blocks.3.1 of blocks.3.1.se.conv_reduce, as of the path that PyTorch's exporter makes,
// /blocks/blocks.3/blocks.3.1/conv_pw/Conv. What TensorFlow calls block_3 and blocks_3/…
// is block_3.
func Of(name string) string {
	found := ""
	for part := range strings.SplitSeq(name, "/") {
		block := ofPart(part)
		if found != "" && !strings.HasPrefix(block, found+".") {
			break
		}
		if block != "" {
			found = block
		}
	}
	return found
}

func ofPart(part string) string {
	block := worded.FindString(part)
	if end := len(block); end > 0 && end < len(part) && part[end] != '.' && part[end] != '_' && part[end] != '-' {
		block = "" // a word that goes on: layer1xy
	}
	if block == "" {
		block = listed.FindString(part)
		if end := len(block); end > 0 && end < len(part) && part[end] != '.' {
			block = ""
		}
	}
	if rest, ok := strings.CutPrefix(block, "blocks_"); ok {
		block = "block_" + rest
	}
	return block
}
