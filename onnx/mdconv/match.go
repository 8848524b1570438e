package mdconv

import (
	"slices"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
)

// match is a split form that was found: one Split, its Convs, one Concat.
type match struct {
	split  *onnxpb.NodeProto
	convs  []*onnxpb.NodeProto
	concat *onnxpb.NodeProto
	spec   Spec
}

// match finds the split form that ends in concat, nil if there is none. The
// second result is true if it is one that no MDConv can say: dilated, with a
// stride, and padded as SAME for an image size not known.
func (b *body) match(concat *onnxpb.NodeProto) (m *match, inexpressible bool) {
	parts := concat.GetInput()
	if !isOp(concat, "Concat") || !channelAxis(concat) || len(concat.GetOutput()) != 1 || checkGroups(len(parts)) != nil {
		return nil, false
	}
	m = &match{concat: concat}
	for i, y := range parts {
		conv := b.def[y]
		if conv == nil || !isOp(conv, "Conv") || len(conv.Output) != 1 || b.uses[y] != 1 || len(conv.GetInput()) < 2 {
			return nil, false
		}
		x := conv.Input[0]
		split := b.def[x]
		if split == nil || b.uses[x] != 1 || m.split != nil && split != m.split ||
			i >= len(split.GetOutput()) || split.Output[i] != x {
			return nil, false
		}
		m.split, m.convs = split, append(m.convs, conv)
	}
	if !isOp(m.split, "Split") || !channelAxis(m.split) || len(m.split.Output) != len(parts) || len(m.split.Input) == 0 {
		return nil, false
	}
	if !b.readSpec(m) || !b.splitsAs(m.split, m.spec.Split) {
		return nil, false
	}
	return m.settle()
}

// channelAxis reports whether a Split or Concat of a picture tensor, which the
// Convs prove to have four dimensions, is along the channels.
func channelAxis(n *onnxpb.NodeProto) bool {
	axis := onnx.Attr(n, "axis").GetI()
	return axis == 1 || axis == -3
}

// splitsAs reports whether n divides into those sizes, wherever it has its own
// from. Without any, it divides evenly, but for what is left over in the last.
func (b *body) splitsAs(n *onnxpb.NodeProto, sizes []int) bool {
	if a := onnx.Attr(n, "split"); a != nil {
		return slices.Equal(a.GetInts(), int64s(sizes))
	}
	if len(n.Input) > 1 && n.Input[1] != "" {
		got, ok := b.ints(n.Input[1])
		return ok && slices.Equal(got, int64s(sizes))
	}
	last := len(sizes) - 1
	for _, size := range sizes[:last] {
		if size != sizes[0] {
			return false
		}
	}
	return sizes[last] <= sizes[0]
}

// readSpec fills m.spec from the Convs, with what SAME they pad by left to
// settle. It reports whether they are depthwise, of channel multiplier 1, of
// equal strides and of square kernels whose sizes the file says.
func (b *body) readSpec(m *match) bool {
	for i, conv := range m.convs {
		channels, kernel, ok := b.depthwiseKernel(conv.Input[1])
		if !ok {
			return false
		}
		g, ok := readConv(conv, channels, kernel)
		if !ok || i > 0 && (g.strides != m.spec.Strides || g.dynamic != m.spec.Same) {
			return false
		}
		m.spec.Strides, m.spec.Same = g.strides, g.dynamic
		m.spec.Split = append(m.spec.Split, channels)
		m.spec.Pads = append(m.spec.Pads, g.pads)
		m.spec.Dilations = append(m.spec.Dilations, g.dilations)
	}
	return true
}

// depthwiseKernel reads the shape of a kernel [channels, 1, size, size] of
// floats that the file holds.
func (b *body) depthwiseKernel(name string) (channels, size int, ok bool) {
	w, _ := b.stored(name)
	dims := w.GetDims()
	if len(dims) != 4 || !between(dims, 4, 1) || dims[1] != 1 || dims[2] != dims[3] || !isFloat(w.GetDataType()) {
		return 0, 0, false
	}
	return int(dims[0]), int(dims[2]), true
}

// settle drops the pads and dilations of a match that pads by SAME.
func (m *match) settle() (found *match, inexpressible bool) {
	if !m.spec.Same {
		return m, false
	}
	for _, d := range m.spec.Dilations {
		if d != [2]int{1, 1} {
			return nil, true
		}
	}
	m.spec.Pads, m.spec.Dilations = nil, nil
	return m, false
}

// convGroup is what the attributes of one Conv say.
type convGroup struct {
	strides, dilations [2]int
	pads               [4]int
	dynamic            bool // the pads depend on the image size, as SAME_UPPER's
}

// readConv reads a two-dimensional Conv that must be depthwise over channels.
func readConv(n *onnxpb.NodeProto, channels, kernel int) (g convGroup, ok bool) {
	if group := onnx.Attr(n, "group"); group.GetI() != int64(channels) && !(group == nil && channels == 1) {
		return g, false
	}
	shape := intsOr(n, "kernel_shape", []int64{int64(kernel), int64(kernel)})
	strides := intsOr(n, "strides", []int64{1, 1})
	dilations := intsOr(n, "dilations", []int64{1, 1})
	pads := intsOr(n, "pads", []int64{0, 0, 0, 0})
	if !slices.Equal(shape, []int64{int64(kernel), int64(kernel)}) ||
		!between(strides, 2, 1) || !between(dilations, 2, 1) || !between(pads, 4, 0) {
		return g, false
	}
	copy(g.strides[:], ints(strides))
	copy(g.dilations[:], ints(dilations))
	copy(g.pads[:], ints(pads))
	return g, g.autoPad(n, kernel)
}

// autoPad turns the attribute auto_pad into pads where every image size gives
// the same ones. It reports whether that, or SAME_UPPER, is what n says.
func (g *convGroup) autoPad(n *onnxpb.NodeProto, kernel int) bool {
	mode := "NOTSET"
	if a := onnx.Attr(n, "auto_pad"); a != nil {
		mode = string(a.GetS())
	}
	switch mode {
	case "NOTSET":
		return true
	case "VALID":
		g.pads = [4]int{}
		return true
	case "SAME_UPPER", "SAME_LOWER":
	default:
		return false
	}
	if g.strides != [2]int{1, 1} {
		g.dynamic, g.pads = true, [4]int{}
		return mode == "SAME_UPPER"
	}
	for axis, d := range g.dilations {
		total := (kernel - 1) * d
		small, large := total/2, total-total/2
		if mode == "SAME_LOWER" {
			small, large = large, small
		}
		g.pads[axis], g.pads[axis+2] = small, large
	}
	return true
}

func intsOr(n *onnxpb.NodeProto, name string, def []int64) []int64 {
	if a := onnx.Attr(n, name); a != nil {
		return a.GetInts()
	}
	return def
}

// between reports whether list has n numbers that are not below least, nor so
// large that it matters how they are multiplied.
func between(list []int64, n int, least int64) bool {
	for _, v := range list {
		if v < least || v > 1<<20 {
			return false
		}
	}
	return len(list) == n
}

func ints(list []int64) []int {
	out := make([]int, len(list))
	for i, v := range list {
		out[i] = int(v)
	}
	return out
}
