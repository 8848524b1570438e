package tf

import (
	"encoding/binary"
	"fmt"

	"github.com/mixconv/mixconv/convert/tf/internal/graphdef"
	"github.com/mixconv/mixconv/convert/tf/internal/tftype"
)

// readWindow reads what a convolution with a square kernel does. Its padding
// must amount to SAME.
func readWindow(n *graphdef.Node, kernel int) (window, error) {
	first := 1 // of the spatial axes
	if n.Attrs["data_format"].String == "NCHW" {
		first = 2
	}
	var w window
	var err error
	if w.stride, err = squareInts(n, "strides", first); err != nil {
		return w, err
	}
	if w.dilation, err = squareInts(n, "dilations", first); err != nil {
		return w, err
	}
	if rate, ok := batchedRate(n); ok {
		// A dilated convolution on TensorFlow's oldest path: the picture is cut
		// into a batch of coarser ones, padded for SAME, and put together again.
		if n.Attrs["padding"].String != "VALID" || w != (window{1, 1}) {
			return w, fmt.Errorf("after SpaceToBatchND padding %q, stride %d and dilation %d, allowed VALID, 1 and 1",
				n.Attrs["padding"].String, w.stride, w.dilation)
		}
		return window{1, rate}, nil
	}
	switch padding := n.Attrs["padding"].String; {
	case padding == "SAME", padding == "VALID" && kernel == 1 && w.stride == 1:
		return w, nil
	default:
		return w, fmt.Errorf("padding %q, allowed SAME", padding)
	}
}

// squareInts reads an attribute of one integer per axis, 1 for the batch and
// the channels and equal for height and width; 1 if it is absent.
func squareInts(n *graphdef.Node, name string, first int) (int, error) {
	a, ok := n.Attrs[name]
	if !ok || name == "dilations" && len(a.Ints) == 0 {
		return 1, nil
	}
	if len(a.Ints) != 4 {
		return 0, fmt.Errorf("%s %v, allowed four numbers", name, a.Ints)
	}
	v := a.Ints[first]
	for i, d := range a.Ints {
		spatial := i == first || i == first+1
		if spatial && d != v || !spatial && d != 1 || v < 1 || v > 1<<20 {
			return 0, fmt.Errorf("%s %v, allowed are equal ones for height and width, 1 for batch and channels", name, a.Ints)
		}
	}
	return int(v), nil
}

// batchedRate returns the dilation of a convolution of what a SpaceToBatchND
// with a constant, square block gives.
func batchedRate(n *graphdef.Node) (int, bool) {
	if len(n.Inputs) == 0 || n.Inputs[0].Node.Op != "SpaceToBatchND" {
		return 0, false
	}
	block := variableOf(n.Inputs[0].Node, 1)
	if block == nil || block.Attrs["value"].Tensor == nil {
		return 0, true // 0 is no dilation: the comparison fails
	}
	t := block.Attrs["value"].Tensor
	budget := int64(8)
	if t.Type != tftype.Int32 || t.Size != 8 {
		return 0, true
	}
	data, err := t.Data(&budget)
	if err != nil {
		return 0, true
	}
	rate := binary.LittleEndian.Uint32(data)
	if rate != binary.LittleEndian.Uint32(data[4:]) || rate > 1<<20 {
		return 0, true
	}
	return int(rate), true
}
