// Package mdconv knows MDConv, the mixed depthwise convolution in one node: how
// a node of it is written, the function that defines it in every file that
// uses it, whether a function is that one, and how to turn the node into Split
// → depthwise Conv → Concat and back in anybody's model.
//
// MDConv<g> has g groups of channels, 2 to 8. Its inputs are X [N,C,H,W], one
// kernel per group W0 … W<g-1>, Wi [split_i,1,k_i,k_i], and B [C]; its output
// is Y [N,C,H',W']. All are always given, and so are all attributes: split (the
// channels of each group), strides, and for each group pads<i>, dilations<i>
// and group<i>, which equals split_i. MDConvSame<g> is for images of a size
// not known beforehand: it pads as SAME_UPPER does at any size, and has neither
// pads nor dilations.
//
// It decides what the canonical function is, and whether a function or a split form is
// one; what runs it natively is the runtime's matter.
//
// mdconv.go has names and writes a node, parse.go reads one. function.go has the
// canonical function and recognises it, declare.go adds it to a model. body.go is a list
// of nodes under edit: match.go and fuse.go go from the split form to the node there,
// unfuse.go back, with the constants that constant.go reads, joins and parts. check.go
// finds nodes that stand for an MDConv and cannot.
package mdconv
