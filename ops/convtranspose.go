package ops

import (
	"fmt"
	"math"

	"github.com/mixconv/mixconv/tensor"
)

// ConvTransposeOf resolves a call of ConvTranspose whose shapes are known: input
// position i feeds output position i·Stride + k·Dilation − PadBegin through tap
// k. PadEnd is not used.
func ConvTransposeOf(c *Call) (Conv, error) {
	if !c.In[0].Shape.Known() || !c.In[1].Shape.Known() {
		return Conv{}, fmt.Errorf("shapes %s and %s are not known", c.In[0].Shape, c.In[1].Shape)
	}
	return convTransposeOf(c)
}

func inferConvTranspose(c *Call) ([]Type, error) {
	if c.In[0].Shape == nil || c.In[1].Shape == nil {
		return one(nil), nil
	}
	g, err := convTransposeOf(c)
	return one(g.Out), err
}

// convTransposeOf resolves what it can; both ranks are known.
func convTransposeOf(c *Call) (g Conv, err error) {
	x, w := c.In[0].Shape, c.In[1].Shape
	if len(x) < 3 || len(w) != len(x) {
		return g, fmt.Errorf("shapes %s of X and %s of W, must be [N,C,D1,…] and [C,M/group,K1,…]", x, w)
	}
	if len(x) > 5 {
		return g, c.unsupported("%d spatial axes, supported 1 to 3", len(x)-2)
	}
	if ks := c.Attrs.Ints("kernel_shape"); len(ks) > 0 && !matches(w[2:], ks) {
		return g, fmt.Errorf("attribute kernel_shape: %s, W has %s", short(ks), w)
	}
	group := c.Attrs.Int("group", 1)
	if _, ok := merge(x[1], w[0]); !ok || group < 1 || group > math.MaxInt32 || w[0] != tensor.Unknown && w[0]%int(group) != 0 {
		return g, fmt.Errorf("attribute group: %d, X has %d channels and W %d", group, x[1], w[0])
	}
	g.Group = int(group)
	out := append(tensor.Shape{x[0], tensor.Unknown}, unknown(len(x)-2)...)
	if w[1] != tensor.Unknown {
		if out[1], err = mul(w[1], g.Group); err != nil {
			return g, err
		}
	}
	if err := checkBias(c.input(2).Shape, out[1]); err != nil {
		return g, err
	}
	t := window{
		kernel:   w[2:],
		stride:   c.Attrs.Ints("strides"),
		dilation: c.Attrs.Ints("dilations"),
		pads:     c.Attrs.Ints("pads"),
		autoPad:  c.Attrs.String("auto_pad", "NOTSET"),
	}
	if t.autoPad != "NOTSET" || c.Attrs.Has("output_shape") {
		t.pads = nil // they are computed
	}
	if err := t.transposed(c, &g, x[2:]); err != nil {
		return g, err
	}
	g.Out = append(out[:2], g.Out...)
	return g, nil
}

// transposed sets everything spatial.
func (w window) transposed(c *Call, g *Conv, in tensor.Shape) (err error) {
	n := len(in)
	if g.Stride, err = positive("strides", w.stride, n); err != nil {
		return err
	}
	if g.Dilation, err = positive("dilations", w.dilation, n); err != nil {
		return err
	}
	if g.PadBegin, g.PadEnd, err = w.explicitPads(n); err != nil {
		return err
	}
	extra, target := c.Attrs.Ints("output_padding"), c.Attrs.Ints("output_shape")
	if len(target) > n {
		target = target[len(target)-n:] // some files list N and C, too
	}
	for name, list := range map[string][]int64{"output_padding": extra, "output_shape": target} {
		if len(list) != 0 && len(list) != n {
			return fmt.Errorf("attribute %s: %d entries, must be %d", name, len(list), n)
		}
		for _, v := range list {
			if v < 0 || v > math.MaxInt32 {
				return fmt.Errorf("attribute %s: %d, allowed 0 to %d", name, v, math.MaxInt32)
			}
		}
	}
	g.Kernel, g.Out = w.kernel, unknown(n)
	for i := range in {
		var more, size int64
		if len(extra) > 0 {
			more = extra[i]
		}
		same := w.autoPad == "SAME_UPPER" || w.autoPad == "SAME_LOWER"
		switch {
		case in[i] == tensor.Unknown || w.kernel[i] == tensor.Unknown:
			continue
		case len(target) > 0:
			size = target[i]
		case same:
			size = int64(in[i]) * int64(g.Stride[i])
		default:
			size = -1
		}
		if err := w.transposeAxis(g, i, in[i], int(more), int(size)); err != nil {
			return fmt.Errorf("spatial axis %d: %w", i, err)
		}
	}
	return nil
}

// transposeAxis sets pads and Out of one axis; size is the output's, if that is
// not negative, and decides the pads.
func (w window) transposeAxis(g *Conv, i, in, more, size int) error {
	if w.kernel[i] == 0 || in == 0 {
		return fmt.Errorf("kernel %d, input %d, must be above 0", w.kernel[i], in)
	}
	full, err := mul(in-1, g.Stride[i])
	reach, err2 := mul(w.kernel[i]-1, g.Dilation[i])
	if err != nil || err2 != nil || full > math.MaxInt32 || reach > math.MaxInt32 {
		return fmt.Errorf("an output beyond %d", math.MaxInt32)
	}
	full += reach + 1 + more
	if size < 0 {
		if g.PadBegin[i] > full || g.PadEnd[i] > full-g.PadBegin[i] {
			return fmt.Errorf("pads %d and %d take away more than %d", g.PadBegin[i], g.PadEnd[i], full)
		}
		g.Out[i] = full - g.PadBegin[i] - g.PadEnd[i]
		return nil
	}
	total := max(full-size, 0)
	g.PadBegin[i], g.PadEnd[i] = total-total/2, total/2
	if w.autoPad == "SAME_UPPER" {
		g.PadBegin[i], g.PadEnd[i] = g.PadEnd[i], g.PadBegin[i]
	}
	g.Out[i] = size
	return nil
}

// inferCol2Im sums the columns [N, C·taps, L] that a window of block_shape sees
// at L places into an image [N, C, image_shape…].
func inferCol2Im(c *Call) ([]Type, error) {
	image, block, g, known, err := col2im(c)
	in := c.In[0].Shape
	if err != nil || !known || in == nil {
		n, lengthErr := c.listLength(1)
		if err == nil {
			err = lengthErr
		}
		if n == tensor.Unknown {
			return one(nil), err
		}
		return one(unknown(n + 2)), err
	}
	if len(in) != 3 {
		return nil, fmt.Errorf("input: shape %s, must be [N,C·taps,L]", in)
	}
	taps, err := product(block)
	if err != nil {
		return nil, err
	}
	places, err := product(g.Out)
	if err != nil {
		return nil, err
	}
	if _, ok := merge(in[2], places); !ok {
		return nil, fmt.Errorf("input: shape %s, the window has %d places", in, places)
	}
	channels := tensor.Unknown
	if in[1] != tensor.Unknown {
		if channels, err = divide(in[1], taps); err != nil {
			return nil, err
		}
	}
	return one(append(tensor.Shape{in[0], channels}, image...)), nil
}

// Col2ImOf resolves a call of Col2Im whose values are known: the window that
// made the columns, whose Out has no N and C.
func Col2ImOf(c *Call) (Conv, error) {
	_, _, g, known, err := col2im(c)
	if err == nil && !known {
		err = fmt.Errorf("image_shape and block_shape are not known")
	}
	return g, err
}

func col2im(c *Call) (image, block tensor.Shape, g Conv, known bool, err error) {
	list, known, err := c.ints(1)
	if err != nil || !known {
		return nil, nil, g, false, err
	}
	blocks, known, err := c.ints(2)
	if err != nil || !known {
		return nil, nil, g, false, err
	}
	if image, err = dims(list); err == nil {
		block, err = dims(blocks)
	}
	if err == nil && (len(image) != len(block) || len(image) == 0) {
		err = fmt.Errorf("image_shape and block_shape have %d and %d entries", len(image), len(block))
	}
	if err != nil {
		return nil, nil, g, false, err
	}
	w := window{kernel: block, stride: c.Attrs.Ints("strides"), dilation: c.Attrs.Ints("dilations"), pads: c.Attrs.Ints("pads"), autoPad: "NOTSET"}
	g, err = w.resolve(image)
	return image, block, g, true, err
}
