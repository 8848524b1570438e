package ops

import (
	"fmt"

	"github.com/mixconv/mixconv/tensor"
)

// PoolOf resolves a call of MaxPool, AveragePool or LpPool whose shapes are
// known. Its window is that of a convolution without weights, over each channel
// by itself; where ceil_mode lets the last window reach further than the pads,
// PadEnd is as much larger.
func PoolOf(c *Call) (Conv, error) {
	if !c.In[0].Shape.Known() {
		return Conv{}, fmt.Errorf("shape %s is not known", c.In[0].Shape)
	}
	return poolOf(c)
}

func inferPool(c *Call) ([]Type, error) {
	out := make([]Type, c.Outputs)
	if v := c.Attrs.Int("storage_order", 0); v != 0 && v != 1 {
		return nil, fmt.Errorf("attribute storage_order: %d, allowed 0, 1", v)
	}
	if c.In[0].Shape == nil {
		return out, nil
	}
	g, err := poolOf(c)
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i].Shape = g.Out
	}
	return out, nil
}

// poolOf resolves what it can, as convOf does; the rank is known.
func poolOf(c *Call) (Conv, error) {
	x := c.In[0].Shape
	if len(x) < 3 {
		return Conv{}, fmt.Errorf("input X: shape %s, must be [N,C,D1,…]", x)
	}
	if len(x) > 5 {
		return Conv{}, c.unsupported("%d spatial axes, supported 1 to 3", len(x)-2)
	}
	sizes, err := positive("kernel_shape", c.Attrs.Ints("kernel_shape"), len(x)-2)
	if err != nil {
		return Conv{}, err
	}
	win := window{
		kernel:   sizes,
		stride:   c.Attrs.Ints("strides"),
		dilation: c.Attrs.Ints("dilations"),
		pads:     c.Attrs.Ints("pads"),
		autoPad:  c.Attrs.String("auto_pad", "NOTSET"),
		ceil:     c.Attrs.Int("ceil_mode", 0) != 0,
	}
	g, err := win.resolve(x[2:])
	if err != nil {
		return Conv{}, err
	}
	for i, k := range g.Kernel {
		// Else a window could lie in the padding alone and have no greatest.
		if extent := (k-1)*g.Dilation[i] + 1; g.PadBegin[i] >= extent || g.PadEnd[i]-g.Beyond[i] >= extent {
			return Conv{}, fmt.Errorf("attribute pads: %d and %d on spatial axis %d, must be below its kernel of %d", g.PadBegin[i], g.PadEnd[i], i, k)
		}
	}
	g.Group = 1
	g.Out = append(tensor.Shape{x[0], x[1]}, g.Out...)
	return g, nil
}

// inferMaxUnpool undoes MaxPool's shape, unless an input has it.
func inferMaxUnpool(c *Call) ([]Type, error) {
	x := c.In[0].Shape
	if err := mustFit(c, 1, x); err != nil {
		return nil, err
	}
	shape, err := unpooled(c)
	if err != nil || !c.has(2) {
		return one(shape), err
	}
	list, known, err := c.ints(2)
	if err != nil || !known {
		return one(unknown(rankOf(x))), err
	}
	target, err := dims(list)
	if err != nil {
		return nil, fmt.Errorf("input 2 (output_shape): %w", err)
	}
	if x != nil && len(target) != len(x) {
		return nil, fmt.Errorf("input 2 (output_shape): %s for a rank of %d", target, len(x))
	}
	for i, d := range shape {
		if d != tensor.Unknown && target[i] < d {
			return nil, fmt.Errorf("input 2 (output_shape): %s, pooled was at least %s", target, shape)
		}
	}
	return one(target), nil
}

// unpooled is the least shape whose pooling gives the shape of a MaxUnpool's X.
func unpooled(c *Call) (tensor.Shape, error) {
	x := c.In[0].Shape
	if x == nil {
		return nil, nil
	}
	if len(x) < 3 {
		return nil, fmt.Errorf("input X: shape %s, must be [N,C,D1,…]", x)
	}
	n := len(x) - 2
	kernel, err := positive("kernel_shape", c.Attrs.Ints("kernel_shape"), n)
	if err != nil {
		return nil, err
	}
	stride, err := positive("strides", c.Attrs.Ints("strides"), n)
	if err != nil {
		return nil, err
	}
	begin, end, err := window{pads: c.Attrs.Ints("pads"), autoPad: "NOTSET"}.explicitPads(n)
	if err != nil {
		return nil, err
	}
	out := x.Clone()
	for i := range n {
		if x[i+2] == tensor.Unknown {
			continue
		}
		d, err := mul(max(x[i+2]-1, 0), stride[i])
		if err == nil {
			d, err = add(d, kernel[i])
		}
		if err == nil && (begin[i] > d || end[i] > d-begin[i]) {
			err = fmt.Errorf("pads %d and %d take away more than %d", begin[i], end[i], d)
		}
		if err != nil {
			return nil, fmt.Errorf("spatial axis %d: %w", i, err)
		}
		out[i+2] = d - begin[i] - end[i]
	}
	return out, nil
}
