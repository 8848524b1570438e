package ops

import (
	"fmt"
	"slices"

	"github.com/mixconv/mixconv/tensor"
)

// inferGridSample is for X [N,C,D1,…] and a grid [N,E1,…,rank of D] of places
// in it.
func inferGridSample(c *Call) ([]Type, error) {
	if mode := c.Attrs.String("mode", "linear"); !slices.Contains([]string{"nearest", "linear", "cubic", "bilinear", "bicubic"}, mode) {
		return nil, fmt.Errorf("attribute mode: %s, allowed nearest, linear, cubic", quote(mode))
	}
	if pad := c.Attrs.String("padding_mode", "zeros"); !slices.Contains([]string{"zeros", "border", "reflection"}, pad) {
		return nil, fmt.Errorf("attribute padding_mode: %s, allowed zeros, border, reflection", quote(pad))
	}
	if d := c.In[0].DType; !(numbers | set(tensor.BFloat16)).has(d) {
		return nil, c.unsupported("%s, supported are numbers", d)
	}
	x, grid := c.In[0].Shape, c.In[1].Shape
	if x == nil || grid == nil {
		return one(unknown(max(rankOf(x), rankOf(grid)))), nil
	}
	if len(x) < 3 || len(grid) != len(x) || !fits(grid[:1], x[:1]) || !fits(grid[len(grid)-1:], tensor.Shape{len(x) - 2}) {
		return nil, fmt.Errorf("shapes %s of X and %s of grid, must be [N,C,D1,…] and [N,E1,…,%d]", x, grid, len(x)-2)
	}
	for i, d := range x[2:] {
		if d == 0 {
			return nil, fmt.Errorf("input X: spatial axis %d has no elements", i)
		}
	}
	return one(append(x[:2:2], grid[1:len(grid)-1]...)), nil
}

// inferAffineGrid is for theta [N,2,3] or [N,3,4] and a size [N,C,(D,)H,W].
func inferAffineGrid(c *Call) ([]Type, error) {
	size, known, err := c.ints(1)
	if err != nil {
		return nil, err
	}
	if !known {
		n, err := c.listLength(1)
		return one(unknown(n)), err
	}
	if len(size) != 4 && len(size) != 5 {
		return nil, fmt.Errorf("input 1 (size): %s, must be [N,C,H,W] or [N,C,D,H,W]", short(size))
	}
	n := len(size) - 2
	image, err := dims(size)
	if err != nil {
		return nil, err
	}
	if err := mustFit(c, 0, tensor.Shape{image[0], n, n + 1}); err != nil {
		return nil, err
	}
	return one(append(append(image[:1:1], image[2:]...), n)), nil
}

// inferDeformConv is for the convolution whose taps are moved by an offset,
// [N, offset_group·taps·2, H', W'], and weighed by a mask.
func inferDeformConv(c *Call) ([]Type, error) {
	x, w, _ := c.convInputs()
	if x.Shape != nil && len(x.Shape) != 4 {
		return nil, c.unsupported("%d spatial axes, supported 2", len(x.Shape)-2)
	}
	if x.Shape == nil || w.Shape == nil {
		return one(nil), nil
	}
	g, err := convOf(c)
	if err != nil {
		return nil, err
	}
	groups := c.Attrs.Int("offset_group", 1)
	if groups < 1 || groups > 1<<20 || x.Shape[1] != tensor.Unknown && x.Shape[1]%int(groups) != 0 {
		return nil, fmt.Errorf("attribute offset_group: %d for %d channels", groups, x.Shape[1])
	}
	taps := tensor.Unknown
	if w.Shape[2:].Known() {
		if taps, err = product([]int{int(groups), w.Shape[2], w.Shape[3]}); err == nil {
			_, err = mul(taps, 2)
		}
		if err != nil {
			return nil, err
		}
	}
	offsets, mask := g.Out.Clone(), g.Out.Clone()
	if offsets[1], mask[1] = tensor.Unknown, taps; taps != tensor.Unknown {
		offsets[1] = 2 * taps
	}
	if err := mustFit(c, 2, offsets); err != nil {
		return nil, err
	}
	if err := mustFit(c, 4, mask); err != nil {
		return nil, err
	}
	return one(g.Out), nil
}
