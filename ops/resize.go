package ops

import (
	"fmt"
	"github.com/mixconv/mixconv/ops/op"
	"math"
	"slices"

	"github.com/mixconv/mixconv/tensor"
)

// Resize is a resolved call of Resize or Upsample. The slices have one entry
// per axis.
type Resize struct {
	Out         tensor.Shape
	Scale       []Scale
	Start, End  []float32 // the part of the input to show, in lengths of the axis
	Mode        string    // nearest, linear or cubic
	Coordinates string    // the coordinate_transformation_mode
	Nearest     string    // the nearest_mode
	Smaller     string    // the same for axes that become smaller
	CubicA      float64   // the cubic_coeff_a

	Antialias, ExcludeOutside bool
}

// Scale is how many times as long an axis becomes: Out / In. Where sizes are given,
// or a float32 that is the nearest to the lengths' fraction, it is that fraction,
// and coordinates are exact. Any other float32 is Out, and Rounded.
type Scale struct {
	Out, In float64
	Rounded bool
}

// Value is the scale as a number.
func (s Scale) Value() float64 { return s.Out / s.In }

// One reports whether the scale is 1, so that the axis stays as it is.
func (s Scale) One() bool { return s.Out == s.In }

// fraction is the scale from n elements to m. All that are 1 are equal.
func fraction(m, n int) Scale {
	if m == n {
		return Scale{Out: 1, In: 1}
	}
	return Scale{Out: float64(m), In: float64(n)}
}

// float32 is the scale in the precision of ONNX's input scales.
func (s Scale) float32() float32 { return float32(s.Out) / float32(s.In) }

// ResizeOf resolves a call of Resize or Upsample whose shape and values are
// known.
func ResizeOf(c *Call) (Resize, error) {
	z, known, err := resizeOf(c)
	if err == nil && !known {
		err = fmt.Errorf("shape or scales are not known")
	}
	return z, err
}

func inferResize(c *Call) ([]Type, error) {
	mode := c.Attrs.String("mode", "nearest")
	if mode != "nearest" && mode != "linear" && (mode != "cubic" || c.Version < 11) && (mode != "bilinear" || c.Version > 1) {
		return nil, fmt.Errorf("attribute mode: %s, allowed nearest, linear and, since opset 11, cubic", quote(mode))
	}
	z, known, err := resizeOf(c)
	if err != nil {
		return nil, err
	}
	if !known {
		return one(unknown(rankOf(c.In[0].Shape))), nil
	}
	return one(z.Out), nil
}

// resizeOf resolves what it can; without rank, scales and sizes nothing is
// known.
func resizeOf(c *Call) (z Resize, known bool, err error) {
	in := c.In[0].Shape
	z.Mode, z.CubicA = c.Attrs.String("mode", "nearest"), float64(c.Attrs.Float("cubic_coeff_a", -0.75))
	z.Antialias, z.ExcludeOutside = c.Attrs.Int("antialias", 0) != 0, c.Attrs.Int("exclude_outside", 0) != 0
	z.Coordinates, z.Nearest = c.Attrs.String("coordinate_transformation_mode", "asymmetric"), c.Attrs.String("nearest_mode", "floor")
	if !slices.Contains([]string{"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_half_pixel_for_nn", "tf_crop_and_resize"}, z.Coordinates) {
		return z, false, fmt.Errorf("attribute coordinate_transformation_mode: %s", quote(z.Coordinates))
	}
	if !slices.Contains([]string{"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"}, z.Nearest) {
		return z, false, fmt.Errorf("attribute nearest_mode: %s", quote(z.Nearest))
	}
	z.Smaller = z.Nearest
	if c.Op.Code == op.Resize && c.Version == 10 {
		z.Smaller = "ceil" // nothing says so but the test cases of that time, and ONNX Runtime
	}
	if in == nil {
		return z, false, nil
	}
	axes, err := resizedAxes(c)
	if err != nil {
		return z, false, err
	}
	scales, ok := scaleList(c)
	sizes, sizesKnown, err := c.ints(3)
	if err != nil || !ok || !sizesKnown {
		return z, false, err
	}
	z.Out, z.Scale = in.Clone(), slices.Repeat([]Scale{fraction(1, 1)}, len(in))
	switch {
	case len(scales) == len(axes) && len(sizes) == 0:
		err = z.scale(in, axes, scales)
	case len(sizes) == len(axes) && len(scales) == 0:
		err = z.fit(in, axes, sizes, c.Attrs.String("keep_aspect_ratio_policy", "stretch"))
	default:
		err = fmt.Errorf("%d scales and %d sizes for %d axes, must be as many of one of them", len(scales), len(sizes), len(axes))
	}
	if err != nil {
		return z, false, err
	}
	return z, true, z.part(c, axes)
}

// resizedAxes is attribute axes, all axes without it.
func resizedAxes(c *Call) ([]int64, error) {
	rank := len(c.In[0].Shape)
	axes := c.Attrs.Ints("axes")
	if len(axes) == 0 {
		return firstAxes(rank, rank), nil
	}
	axes = slices.Clone(axes)
	if _, err := axesOf(axes, rank); err != nil {
		return nil, err
	}
	for i, a := range axes {
		axis, _ := axisOf(a, rank)
		axes[i] = int64(axis)
	}
	return axes, nil
}

// scaleList finds the scales: attributes of old Upsamples, else an input.
func scaleList(c *Call) (list []float32, known bool) {
	switch {
	case c.Attrs.Has("width_scale"):
		return []float32{1, 1, c.Attrs.Float("height_scale", 1), c.Attrs.Float("width_scale", 1)}, true
	case c.Attrs.Has("scales"):
		return c.Attrs.Floats("scales"), true
	}
	at := 2
	if c.Version < 11 {
		at = 1
	}
	t := c.input(at)
	if !t.Present() || t.Shape.Known() && t.Shape.Elements() == 0 {
		return nil, true
	}
	v := c.value(at)
	if v == nil {
		return nil, false
	}
	list, known = v.Data.([]float32)
	return list, known
}

// scale multiplies in float32, as PyTorch and ONNX Runtime do, and rounds down.
func (z *Resize) scale(in tensor.Shape, axes []int64, scales []float32) error {
	for i, a := range axes {
		s := scales[i]
		if !(s > 0) || s > math.MaxInt32 {
			return fmt.Errorf("scale %v, allowed above 0", s)
		}
		z.Scale[a] = Scale{Out: float64(s), In: 1, Rounded: s != 1}
		d := in[a]
		if d == tensor.Unknown {
			continue
		}
		length := float32(d) * s
		if length > math.MaxInt32 {
			return fmt.Errorf("a dimension of %d times %v", d, s)
		}
		z.Out[a] = tensor.IntWithin(float64(length), 0, math.MaxInt32)
		if f := fraction(z.Out[a], d); d > 0 && f.float32() == s {
			z.Scale[a] = f
		}
	}
	return nil
}

// fit resizes to the sizes given, or to the largest within or the smallest
// around them that keeps the aspect ratio.
func (z *Resize) fit(in tensor.Shape, axes, sizes []int64, policy string) error {
	if !slices.Contains([]string{"stretch", "not_larger", "not_smaller"}, policy) {
		return fmt.Errorf("attribute keep_aspect_ratio_policy: %s, allowed stretch, not_larger, not_smaller", quote(policy))
	}
	var common Scale
	open := false
	for i, a := range axes {
		if sizes[i] < 0 || sizes[i] > math.MaxInt32 {
			return fmt.Errorf("size %d, allowed 0 to %d", sizes[i], math.MaxInt32)
		}
		z.Out[a] = int(sizes[i])
		switch {
		case in[a] == tensor.Unknown:
			z.Scale[a], open = Scale{Out: math.NaN(), In: 1}, true // nobody may ask before the run
			continue
		case in[a] > 0:
			z.Scale[a] = fraction(z.Out[a], in[a])
		case sizes[i] > 0:
			return fmt.Errorf("size %d for axis %d, which has no elements", sizes[i], a)
		}
		if s := z.Scale[a]; i == 0 || policy == "not_larger" && s.Value() < common.Value() || policy == "not_smaller" && s.Value() > common.Value() {
			common = s
		}
	}
	if policy == "stretch" {
		return nil
	}
	for _, a := range axes {
		z.Out[a] = tensor.Unknown
		if open || in[a] == tensor.Unknown {
			continue
		}
		length := math.Floor(float64(common.float32()*float32(in[a])) + 0.5)
		if length > math.MaxInt32 {
			return fmt.Errorf("a size of %v", length)
		}
		z.Scale[a], z.Out[a] = common, tensor.IntWithin(length, 0, math.MaxInt32)
	}
	return nil
}

// part sets Start and End from input roi, which only tf_crop_and_resize heeds:
// all starts, then all ends.
func (z *Resize) part(c *Call, axes []int64) error {
	z.Start, z.End = make([]float32, len(z.Out)), slices.Repeat([]float32{1}, len(z.Out))
	roi := c.input(1)
	if z.Coordinates != "tf_crop_and_resize" || roi.Value == nil {
		return nil
	}
	if roi.Value.Elements() != 2*len(axes) {
		return fmt.Errorf("input 1 (roi): %d elements, must be %d", roi.Value.Elements(), 2*len(axes))
	}
	for i, a := range axes {
		z.Start[a], z.End[a] = float32(numberAt(roi.Value, i)), float32(numberAt(roi.Value, len(axes)+i))
	}
	return nil
}

// numberAt is an element of a tensor of floats.
func numberAt(t *tensor.Tensor, i int) float64 {
	switch data := t.Data.(type) {
	case []float32:
		return float64(data[i])
	case []float64:
		return data[i]
	case []uint16:
		if t.DType == tensor.BFloat16 {
			return float64(tensor.BFloat16frombits(data[i]))
		}
		return float64(tensor.Float16frombits(data[i]))
	}
	return 0
}
