package ops

import (
	"fmt"
	"github.com/mixconv/mixconv/ops/op"
	"math"
	"slices"

	"github.com/mixconv/mixconv/tensor"
)

// Conv is the resolved geometry of a convolution: no attribute is left to be
// interpreted. The slices have one entry per spatial axis. Input position
// o·Stride + k·Dilation − PadBegin feeds output position o through tap k.
type Conv struct {
	Group    int
	Kernel   []int
	Stride   []int
	Dilation []int
	PadBegin []int
	PadEnd   []int
	Beyond   []int        // how much of PadEnd nobody asked for: ceil_mode added it
	Out      tensor.Shape // [N, M, spatial…]
}

// ConvOf resolves a call of Conv whose shapes are known.
func ConvOf(c *Call) (Conv, error) {
	g, err := convOf(c)
	if err != nil {
		return Conv{}, err
	}
	x, w, _ := c.convInputs()
	if !x.Shape.Known() || !w.Shape.Known() {
		return Conv{}, fmt.Errorf("shapes %s and %s are not known", x.Shape, w.Shape)
	}
	_, _, err = tensor.Size(c.In[0].DType, g.Out)
	return g, err
}

func inferConv(c *Call) ([]Type, error) {
	g, err := convOf(c)
	if err != nil {
		return nil, err
	}
	return one(g.Out), nil
}

// convInputs finds X, W and B among the inputs of the convolutions that ONNX
// has.
func (c *Call) convInputs() (x, w, b Type) {
	switch c.Op.Code {
	case op.QLinearConv:
		return c.In[0], c.In[3], c.input(8)
	case op.ConvInteger:
		return c.In[0], c.In[1], Type{}
	case op.DeformConv:
		return c.In[0], c.In[1], c.input(3)
	}
	return c.In[0], c.In[1], c.input(2)
}

// convOf resolves what it can: Out, and the pads of auto_pad, are Unknown where
// they depend on an unknown dimension. With X or W of unknown rank it returns
// a Conv without Out.
func convOf(c *Call) (Conv, error) {
	data, weight, bias := c.convInputs()
	x, w := data.Shape, weight.Shape
	if x == nil || w == nil {
		return Conv{}, nil
	}
	if len(x) < 3 {
		return Conv{}, fmt.Errorf("input X: shape %s, must be [N,C,D1,…]", x)
	}
	if len(x) > 5 {
		return Conv{}, c.unsupported("%d spatial axes, supported 1 to 3", len(x)-2)
	}
	if len(w) != len(x) {
		return Conv{}, fmt.Errorf("input W: shape %s, must have rank %d as X", w, len(x))
	}
	if ks := c.Attrs.Ints("kernel_shape"); len(ks) > 0 && !matches(w[2:], ks) {
		return Conv{}, fmt.Errorf("attribute kernel_shape: %s, W has %s", short(ks), w)
	}
	if bias.Present() {
		if err := checkBias(bias.Shape, w[0]); err != nil {
			return Conv{}, err
		}
	}
	group, err := convGroup(c.Attrs.Int("group", 1), x[1], w)
	if err != nil {
		return Conv{}, err
	}
	win := window{
		kernel:   w[2:],
		stride:   c.Attrs.Ints("strides"),
		dilation: c.Attrs.Ints("dilations"),
		pads:     c.Attrs.Ints("pads"),
		autoPad:  c.Attrs.String("auto_pad", "NOTSET"),
	}
	g, err := win.resolve(x[2:])
	if err != nil {
		return Conv{}, err
	}
	g.Group = group
	g.Out = append(tensor.Shape{x[0], w[0]}, g.Out...)
	return g, nil
}

// convGroup checks the channels of X and W against the number of groups.
func convGroup(group int64, channels int, w tensor.Shape) (int, error) {
	if group < 1 || group > math.MaxInt32 {
		return 0, fmt.Errorf("attribute group: %d, allowed 1 to the number of channels", group)
	}
	n := int(group)
	if channels != tensor.Unknown && channels%n != 0 {
		return 0, fmt.Errorf("attribute group: %d does not divide X's %d channels", n, channels)
	}
	if w[0] != tensor.Unknown && w[0]%n != 0 {
		return 0, fmt.Errorf("attribute group: %d does not divide W's %d output channels", n, w[0])
	}
	if channels != tensor.Unknown && w[1] != tensor.Unknown && channels/n != w[1] {
		return 0, fmt.Errorf("input W: shape %s has %d channels a group, X has %d in %d groups", w, w[1], channels, n)
	}
	return n, nil
}

func checkBias(b tensor.Shape, channels int) error {
	if b == nil {
		return nil
	}
	if len(b) != 1 {
		return fmt.Errorf("input B: shape %s, must be [M]", b)
	}
	if _, ok := merge(b[0], channels); !ok {
		return fmt.Errorf("input B: %d elements, the output has %d channels", b[0], channels)
	}
	return nil
}

// matches reports whether a list equals a shape where that is known.
func matches(s tensor.Shape, list []int64) bool {
	if len(s) != len(list) {
		return false
	}
	for i, d := range s {
		if d != tensor.Unknown && int64(d) != list[i] {
			return false
		}
	}
	return true
}

// window is a sliding window as attributes describe it: kernel, strides,
// dilations, pads and auto_pad, each list empty where the default holds.
type window struct {
	kernel                 tensor.Shape
	stride, dilation, pads []int64
	autoPad                string
	ceil                   bool // a last window may reach beyond the pads
}

// resolve applies the window to the spatial dimensions. The result has the
// spatial part of Out.
func (w window) resolve(in tensor.Shape) (Conv, error) {
	n := len(in)
	var g Conv
	var err error
	if g.Stride, err = positive("strides", w.stride, n); err != nil {
		return g, err
	}
	if g.Dilation, err = positive("dilations", w.dilation, n); err != nil {
		return g, err
	}
	begin, end, err := w.explicitPads(n)
	if err != nil {
		return g, err
	}
	g.Kernel, g.PadBegin, g.PadEnd, g.Out = slices.Clone(w.kernel), begin, end, make(tensor.Shape, n)
	g.Beyond = make([]int, n)
	for i := range in {
		if err := w.resolveAxis(&g, i, in[i]); err != nil {
			return g, fmt.Errorf("spatial axis %d: %w", i, err)
		}
	}
	return g, nil
}

// positive returns one positive int per axis, all 1 if the list is empty.
func positive(name string, list []int64, n int) ([]int, error) {
	out := make([]int, n)
	if len(list) != 0 && len(list) != n {
		return nil, fmt.Errorf("attribute %s: %d entries, must be %d", name, len(list), n)
	}
	for i := range out {
		out[i] = 1
		if len(list) == 0 {
			continue
		}
		if list[i] < 1 || list[i] > math.MaxInt {
			return nil, fmt.Errorf("attribute %s: %d, allowed 1 or more", name, list[i])
		}
		out[i] = int(list[i])
	}
	return out, nil
}

// explicitPads returns what the attribute pads says: all begins, then all
// ends. It may not stand beside an auto_pad that computes them.
func (w window) explicitPads(n int) (begin, end []int, err error) {
	switch w.autoPad {
	case "NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER":
	default:
		return nil, nil, fmt.Errorf("attribute auto_pad: %s, allowed NOTSET, SAME_UPPER, SAME_LOWER, VALID", quote(w.autoPad))
	}
	both := make([]int, 2*n)
	begin, end = both[:n:n], both[n:]
	if len(w.pads) == 0 {
		return begin, end, nil
	}
	if w.autoPad != "NOTSET" {
		return nil, nil, fmt.Errorf("attribute pads: given together with auto_pad %s", w.autoPad)
	}
	if len(w.pads) != 2*n {
		return nil, nil, fmt.Errorf("attribute pads: %d entries, must be %d", len(w.pads), 2*n)
	}
	for i, p := range w.pads {
		if p < 0 || p > math.MaxInt {
			return nil, nil, fmt.Errorf("attribute pads: %d, allowed 0 or more", p)
		}
		both[i] = int(p)
	}
	return begin, end, nil
}

// resolveAxis sets pads and Out of axis i of g, whose input has the given size.
func (w window) resolveAxis(g *Conv, i, in int) error {
	k := g.Kernel[i]
	if k == 0 {
		return fmt.Errorf("kernel of size 0")
	}
	if in == tensor.Unknown || k == tensor.Unknown {
		g.Out[i] = tensor.Unknown
		if w.autoPad == "SAME_UPPER" || w.autoPad == "SAME_LOWER" {
			g.PadBegin[i], g.PadEnd[i] = tensor.Unknown, tensor.Unknown
		}
		return nil
	}
	extent, err := mul(k-1, g.Dilation[i])
	if err == nil {
		extent, err = add(extent, 1)
	}
	if err != nil {
		return fmt.Errorf("kernel %d with dilation %d: %w", k, g.Dilation[i], err)
	}
	if w.autoPad == "SAME_UPPER" || w.autoPad == "SAME_LOWER" {
		g.PadBegin[i], g.PadEnd[i], g.Out[i] = samePads(in, extent, g.Stride[i], w.autoPad == "SAME_LOWER")
		return nil
	}
	padded, err := add(in, g.PadBegin[i])
	if err == nil {
		padded, err = add(padded, g.PadEnd[i])
	}
	if err != nil {
		return fmt.Errorf("attribute pads: %w", err)
	}
	last := padded - extent // where the last window may begin
	if last < 0 && (!w.ceil || last <= -g.Stride[i]) {
		return fmt.Errorf("kernel extends over %d, the padded input has %d", extent, padded)
	}
	if last >= 0 {
		g.Out[i] = last/g.Stride[i] + 1
	}
	// One more window, if it still starts in the input or the padding before it.
	if next := g.Out[i] * g.Stride[i]; w.ceil && next < last+g.Stride[i] && next < in+g.PadBegin[i] {
		g.Out[i]++
		g.Beyond[i] = next - last
		g.PadEnd[i] += g.Beyond[i]
	}
	return nil
}

// samePads pads so that out = ⌈in / stride⌉. The odd one of an odd number
// goes to the end, or to the beginning if lower. Both pads are never
// more than the window needs: 0 where it already fits.
func samePads(in, extent, stride int, lower bool) (begin, end, out int) {
	if in == 0 {
		return 0, 0, 0
	}
	out = (in-1)/stride + 1
	total := max(0, extent-(in-(out-1)*stride))
	begin, end = total/2, total-total/2
	if lower {
		begin, end = end, begin
	}
	return begin, end, out
}
