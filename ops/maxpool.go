package ops

import (
	"fmt"

	"github.com/mixconv/mixconv/tensor"
)

// MaxPoolOf resolves a call of MaxPool whose shapes are known. Its window is
// that of a convolution without weights, over each channel by itself; padding
// never is the greatest.
func MaxPoolOf(c *Call) (Conv, error) {
	if !c.In[0].Shape.Known() {
		return Conv{}, fmt.Errorf("shape %s is not known", c.In[0].Shape)
	}
	return maxPoolOf(c)
}

func inferMaxPool(c *Call) ([]Type, error) {
	if c.Outputs > 1 {
		return nil, c.unsupported("output Indices, supported is Y alone")
	}
	if c.Attrs.Int("ceil_mode", 0) != 0 {
		return nil, c.unsupported("ceil_mode 1, supported 0")
	}
	if c.In[0].Shape == nil {
		return one(nil), nil
	}
	g, err := maxPoolOf(c)
	if err != nil {
		return nil, err
	}
	return one(g.Out), nil
}

// maxPoolOf resolves what it can, as convOf does; the rank is known.
func maxPoolOf(c *Call) (Conv, error) {
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
	}
	g, err := win.resolve(x[2:])
	if err != nil {
		return Conv{}, err
	}
	for i, k := range g.Kernel {
		// Else a window could lie in the padding alone and have no greatest.
		if g.PadBegin[i] >= k || g.PadEnd[i] >= k {
			return Conv{}, fmt.Errorf("attribute pads: %d and %d on spatial axis %d, must be below its kernel of %d", g.PadBegin[i], g.PadEnd[i], i, k)
		}
	}
	g.Group = 1
	g.Out = append(tensor.Shape{x[0], x[1]}, g.Out...)
	return g, nil
}
