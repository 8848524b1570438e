package fuse

import (
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/kernel"
	"github.com/mixconv/mixconv/tensor"
)

func isConv(n *graph.Node) bool { return n.Is(op.Conv, op.MDConv) }

// Floats reports whether n's first input and all its results are float32, and
// nothing that it reads or makes is empty, or of a shape that only the run tells.
// An empty list of a Resize, such as its roi, is one that is not given.
func Floats(n *graph.Node) bool {
	if len(n.In) == 0 || n.In[0] == nil || n.In[0].Type.DType != tensor.Float32 {
		return false
	}
	for v := range n.Operands {
		if !someElements(v.Type.Shape) && (!n.Is(op.Resize) || v == n.In[0]) {
			return false
		}
	}
	for _, v := range n.Out {
		if v == nil || v.Type.DType != tensor.Float32 || !someElements(v.Type.Shape) {
			return false
		}
	}
	return true
}

func someElements(s tensor.Shape) bool { return s.Known() && s.Elements() > 0 }

// Window is c's window for a kernel.
func Window(c ops.Conv) kernel.Window {
	return kernel.Window{KH: c.Kernel[0], KW: c.Kernel[1], SH: c.Stride[0], SW: c.Stride[1],
		DH: c.Dilation[0], DW: c.Dilation[1], Top: c.PadBegin[0], Lft: c.PadBegin[1]}
}

// Wide reports whether a window is far larger than any network's. The kernels look at
// no context inside a task, of which one is a few rows; the reference loops do.
func Wide(c ops.Conv) bool { return tensor.Shape(c.Kernel).Elements() > 1<<14 }

// ConvOf is the geometry of a Conv in two dimensions that kernels compute: with known
// weights and bias, if it has one, and no wide window.
func ConvOf(n *graph.Node) (c ops.Conv, ok bool) {
	if !n.Is(op.Conv) || !Floats(n) || len(n.In[0].Type.Shape) != 4 || !knownWeights(n) {
		return c, false
	}
	call, err := n.Call()
	if err != nil {
		return c, false
	}
	c, err = ops.ConvOf(call)
	return c, err == nil && !Wide(c)
}

// knownWeights reports whether n's weights are there, and all inputs behind the first
// are constants.
func knownWeights(n *graph.Node) bool {
	for i, v := range n.In[1:] {
		if !v.KnownFloats() && (v != nil || i == 0) {
			return false
		}
	}
	return len(n.In) > 1
}

// Depthwise reports whether n, of geometry c, convolves every channel by itself.
func Depthwise(n *graph.Node, c ops.Conv) bool {
	channels := n.In[0].Type.Shape[1]
	return c.Group == channels && n.In[1].Type.Shape[0] == channels && c.Group > 1
}

// Pointwise reports whether the Conv n reads, for every output pixel, just the
// input pixel of the same place.
func Pointwise(n *graph.Node, c ops.Conv) bool {
	w := Window(c)
	return w.KH*w.KW == 1 && w.SH*w.SW == 1 && w.Top|w.Lft == 0 && n.In[0].Type.Shape[2:].Equal(n.Out[0].Type.Shape[2:])
}

// Planar reports whether kernels can read the picture of n, of geometry c, in
// row-major order, and gain by it.
func Planar(n *graph.Node, c ops.Conv) bool {
	k := kernel.Conv{Window: Window(c), In: ImageOf(n.In[0]), Out: ImageOf(n.Out[0]), Weights: make([]kernel.Packed, c.Group)}
	k.Weights[0].Rows = k.Out.C / c.Group
	return n.Pre == nil && n.Post.Residual == nil && k.In.C > 1 && k.In.H*k.In.W > 1 && k.CanPlanar()
}

// ImageOf is a value of rank 4 as a picture without data.
func ImageOf(v *graph.Value) kernel.Image {
	s := v.Type.Shape
	return kernel.Image{N: s[0], C: s[1], H: s[2], W: s[3], Pixel: s[1]}
}

// Mixed reports whether n is a convolution that the depthwise kernels compute.
func Mixed(n *graph.Node) bool {
	if n.Is(op.MDConv) {
		return Floats(n) && len(n.In[0].Type.Shape) == 4 && knownWeights(n)
	}
	c, ok := ConvOf(n)
	return ok && Depthwise(n, c)
}
