package ops

import (
	"fmt"
	"math"

	"github.com/mixconv/mixconv/tensor"
)

// inferNonMaxSuppression is for boxes [batch, n, 4] and scores [batch, classes,
// n]; how many are selected is what the kernel finds out.
func inferNonMaxSuppression(c *Call) ([]Type, error) {
	boxes, scores := c.In[0].Shape, c.In[1].Shape
	n, batch := tensor.Unknown, tensor.Unknown
	if boxes != nil {
		if err := mustFit(c, 0, tensor.Shape{tensor.Unknown, tensor.Unknown, 4}); err != nil {
			return nil, err
		}
		batch, n = boxes[0], boxes[1]
	}
	if scores != nil {
		if err := mustFit(c, 1, tensor.Shape{batch, tensor.Unknown, n}); err != nil {
			return nil, err
		}
	}
	return one(tensor.Shape{tensor.Unknown, 3}), c.oneValue(2, 3, 4)
}

// inferRoiAlign is for X [N,C,H,W], rois [n,4] and the picture of each.
func inferRoiAlign(c *Call) ([]Type, error) {
	for _, name := range []string{"output_height", "output_width"} {
		if v := c.Attrs.Int(name, 1); v < 1 || v > math.MaxInt32 {
			return nil, fmt.Errorf("attribute %s: %d, allowed from 1", name, v)
		}
	}
	if v := c.Attrs.Int("sampling_ratio", 0); v < 0 || v > 1<<10 {
		return nil, fmt.Errorf("attribute sampling_ratio: %d, allowed 0 to %d", v, 1<<10)
	}
	if mode := c.Attrs.String("mode", "avg"); mode != "avg" && mode != "max" {
		return nil, fmt.Errorf("attribute mode: %s, allowed avg, max", quote(mode))
	}
	out := tensor.Shape{tensor.Unknown, tensor.Unknown, int(c.Attrs.Int("output_height", 1)), int(c.Attrs.Int("output_width", 1))}
	if x := c.In[0].Shape; x != nil {
		if len(x) != 4 || x[2] == 0 || x[3] == 0 {
			return nil, fmt.Errorf("input X: shape %s, must be [N,C,H,W]", x)
		}
		out[1] = x[1]
		if err := checkIndices(c.In[2], x[0]); err != nil {
			return nil, err
		}
	}
	if rois := c.In[1].Shape; rois != nil {
		if err := mustFit(c, 1, tensor.Shape{tensor.Unknown, 4}); err != nil {
			return nil, err
		}
		if err := c.mustBeFinite(1); err != nil {
			return nil, err
		}
		out[0] = rois[0]
	}
	if err := mustFit(c, 2, out[:1]); err != nil {
		return nil, err
	}
	if out[0] == tensor.Unknown && c.In[2].Shape != nil {
		out[0] = c.In[2].Shape[0]
	}
	return one(out), nil
}

// inferMaxRoiPool is for X [N,C,H,W] and rois [n,5], each the picture and the corners
// of a region.
func inferMaxRoiPool(c *Call) ([]Type, error) {
	pooled := c.Attrs.Ints("pooled_shape")
	if len(pooled) != 2 {
		return nil, fmt.Errorf("attribute pooled_shape: %d entries, must be 2", len(pooled))
	}
	cells, err := positive("pooled_shape", pooled, 2)
	if err != nil {
		return nil, err
	}
	if v := c.Attrs.Float("spatial_scale", 1); !(v > 0 && v <= math.MaxFloat32) {
		return nil, fmt.Errorf("attribute spatial_scale: %v, allowed are finite numbers above 0", v)
	}
	out := tensor.Shape{tensor.Unknown, tensor.Unknown, cells[0], cells[1]}
	pictures := tensor.Unknown
	if x := c.In[0].Shape; x != nil {
		if len(x) != 4 {
			return nil, fmt.Errorf("input X: shape %s, must be [N,C,H,W]", x)
		}
		pictures, out[1] = x[0], x[1]
	}
	if rois := c.In[1].Shape; rois != nil {
		if err := mustFit(c, 1, tensor.Shape{tensor.Unknown, 5}); err != nil {
			return nil, err
		}
		if err := c.mustBeFinite(1); err != nil {
			return nil, err
		}
		out[0] = rois[0]
	}
	return one(out), c.mustBePictures(1, pictures)
}

// mustBePictures checks that the first element of every region in input i, where they
// are known, is one of the pictures, if their number is; a fraction is dropped.
func (c *Call) mustBePictures(i, pictures int) error {
	t := c.value(i)
	if t == nil || pictures == tensor.Unknown {
		return nil
	}
	for k := range t.Shape[0] {
		if v := numberAt(t, k*t.Shape[1]); v <= -1 || v >= float64(pictures) {
			return fmt.Errorf("input %d (%s): region %d is of picture %v, X has %d", i, c.paramName(i), k, v, pictures)
		}
	}
	return nil
}

// mustBeFinite refuses NaN and infinities in input i, a tensor of floats, where
// its elements are known.
func (c *Call) mustBeFinite(i int) error {
	t := c.value(i)
	if t == nil {
		return nil
	}
	for k := range t.Elements() {
		if v := numberAt(t, k); v-v != 0 {
			return fmt.Errorf("input %d (%s): element %d is %v, allowed are finite numbers", i, c.paramName(i), k, v)
		}
	}
	return nil
}

// inferDet is for one number for each square matrix.
func inferDet(c *Call) ([]Type, error) {
	x := c.In[0].Shape
	if x == nil {
		return one(nil), nil
	}
	if len(x) < 2 || !fits(x[len(x)-1:], x[len(x)-2:]) {
		return nil, fmt.Errorf("input X: shape %s, must be [*,M,M]", x)
	}
	return one(x[:len(x)-2]), nil
}
