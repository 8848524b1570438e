package ops

import (
	"fmt"
	"math"

	"github.com/mixconv/mixconv/tensor"
)

func inferTile(c *Call) ([]Type, error) {
	if c.Version < 6 {
		return nil, c.unsupported("the form of opset 1, supported since opset 6")
	}
	in := c.In[0].Shape
	repeats, known, err := c.ints(1)
	if err != nil || in == nil {
		return one(nil), err
	}
	if n, err := c.listLength(1); err != nil || n != tensor.Unknown && n != len(in) {
		return nil, fmt.Errorf("input 1 (repeats): %d entries for the shape %s", n, in)
	}
	if !known {
		return one(unknown(len(in))), nil
	}
	if len(repeats) != len(in) {
		return nil, fmt.Errorf("input 1 (repeats): %s for the shape %s", short(repeats), in)
	}
	out := in.Clone()
	for i, times := range repeats {
		if times < 0 || times > math.MaxInt32 {
			return nil, fmt.Errorf("input 1 (repeats): %d, allowed 0 to %d", times, math.MaxInt32)
		}
		if out[i] == tensor.Unknown {
			continue
		}
		if out[i], err = mul(out[i], int(times)); err != nil {
			return nil, err
		}
	}
	return one(out), nil
}

// inferMatrices is for operators on the matrices of the last two dimensions
// that keep the shape.
func inferMatrices(c *Call) ([]Type, error) {
	if in := c.In[0].Shape; in != nil && len(in) < 2 {
		return nil, fmt.Errorf("input %s: shape %s, must have rank 2 or more", c.paramName(0), in)
	}
	if _, _, err := c.wholeNumber(1); err != nil {
		return nil, err
	}
	return inferSame(c)
}

func inferEyeLike(c *Call) ([]Type, error) {
	in := c.In[0].Shape
	if in != nil && len(in) != 2 {
		return nil, fmt.Errorf("input %s: shape %s, must have rank 2", c.paramName(0), in)
	}
	if in == nil {
		in = unknown(2)
	}
	return []Type{{DType: tensor.DType(c.Attrs.Int("dtype", int64(c.In[0].DType))), Shape: in.Clone()}}, nil
}

// blockSize checks the attribute blocksize.
func blockSize(c *Call) (int, error) {
	b := c.Attrs.Int("blocksize", 0)
	if b < 1 || b > math.MaxInt16 {
		return 0, fmt.Errorf("attribute blocksize: %d, allowed 1 to %d", b, math.MaxInt16)
	}
	if in := c.In[0].Shape; in != nil && len(in) != 4 {
		return 0, fmt.Errorf("input: shape %s, must be [N,C,H,W]", in)
	}
	return int(b), nil
}

func inferDepthToSpace(c *Call) ([]Type, error) {
	b, err := blockSize(c)
	if err != nil {
		return nil, err
	}
	if mode := c.Attrs.String("mode", "DCR"); mode != "DCR" && mode != "CRD" {
		return nil, fmt.Errorf("attribute mode: %s, allowed DCR, CRD", quote(mode))
	}
	return resized(c, func(i, d int) (int, error) {
		if i == 1 {
			return divide(d, b*b)
		}
		return mul(d, b)
	})
}

func inferSpaceToDepth(c *Call) ([]Type, error) {
	b, err := blockSize(c)
	if err != nil {
		return nil, err
	}
	return resized(c, func(i, d int) (int, error) {
		if i == 1 {
			return mul(d, b*b)
		}
		return divide(d, b)
	})
}

// resized applies f to every known dimension of an image but the first.
func resized(c *Call, f func(i, d int) (int, error)) ([]Type, error) {
	out := c.In[0].Shape.Clone()
	if out == nil {
		return one(unknown(4)), nil
	}
	for i, d := range out {
		if i == 0 || d == tensor.Unknown {
			continue
		}
		var err error
		if out[i], err = f(i, d); err != nil {
			return nil, fmt.Errorf("axis %d: %w", i, err)
		}
	}
	return one(out), nil
}

func divide(d, by int) (int, error) {
	if d%by != 0 {
		return 0, fmt.Errorf("%d does not divide by %d", d, by)
	}
	return d / by, nil
}

// inferReverseSequence checks the axes, which must be 0 and 1, and the lengths.
func inferReverseSequence(c *Call) ([]Type, error) {
	batch, time := c.Attrs.Int("batch_axis", 1), c.Attrs.Int("time_axis", 0)
	if batch < 0 || batch > 1 || time != 1-batch {
		return nil, fmt.Errorf("attributes batch_axis %d and time_axis %d, must be 0 and 1 or 1 and 0", batch, time)
	}
	in := c.In[0].Shape
	if in == nil {
		return one(nil), nil
	}
	if len(in) < 2 {
		return nil, fmt.Errorf("input: shape %s, must have rank 2 or more", in)
	}
	if err := mustFit(c, 1, tensor.Shape{in[batch]}); err != nil {
		return nil, err
	}
	lengths, _, err := c.ints(1)
	for _, n := range lengths {
		if n < 0 || in[time] != tensor.Unknown && n > int64(in[time]) {
			return nil, fmt.Errorf("input 1 (sequence_lens): %d, the time axis has %d", n, in[time])
		}
	}
	if err != nil {
		return nil, err
	}
	return inferSame(c)
}

func inferCenterCropPad(c *Call) ([]Type, error) {
	list, known, err := c.ints(1)
	in := c.In[0].Shape
	if err != nil || in == nil {
		return one(nil), err
	}
	axes := c.Attrs.Ints("axes")
	if !c.Attrs.Has("axes") {
		axes = firstAxes(len(in), len(in))
	}
	chosen, err := axesOf(axes, len(in))
	if err != nil {
		return nil, err
	}
	if n, err := c.listLength(1); err != nil || n != tensor.Unknown && n != len(axes) {
		return nil, fmt.Errorf("input 1 (shape): %d entries for %d axes", n, len(axes))
	}
	out := in.Clone()
	for i := range out {
		if chosen[i] {
			out[i] = tensor.Unknown
		}
	}
	if !known {
		return one(out), nil
	}
	target, err := dims(list)
	if err != nil || len(target) != len(axes) {
		return nil, fmt.Errorf("input 1 (shape): %s for %d axes", short(list), len(axes))
	}
	for i, a := range axes {
		axis, _ := axisOf(a, len(in))
		out[axis] = target[i]
	}
	return one(out), nil
}

// inferTensorScatter checks that the update fits into the cache from the
// indices on.
func inferTensorScatter(c *Call) ([]Type, error) {
	mode := c.Attrs.String("mode", "linear")
	if mode != "linear" && mode != "circular" {
		return nil, fmt.Errorf("attribute mode: %s, allowed linear, circular", quote(mode))
	}
	cache, update := c.In[0].Shape, c.In[1].Shape
	if cache == nil || update == nil {
		return inferSame(c)
	}
	axis, err := axisOf(c.Attrs.Int("axis", -2), len(cache))
	if err == nil && axis == 0 {
		err = fmt.Errorf("attribute axis: 0, which is the batch")
	}
	if err != nil {
		return nil, err
	}
	want := cache.Clone()
	if axis < len(update) {
		want[axis] = update[axis]
	}
	if err := mustFit(c, 1, want); err != nil {
		return nil, err
	}
	if err := mustFit(c, 2, cache[:1]); err != nil {
		return nil, err
	}
	n, size := update[axis], cache[axis]
	if n == tensor.Unknown || size == tensor.Unknown {
		return inferSame(c)
	}
	starts, _, err := c.ints(2)
	for _, at := range append([]int64{0}, starts...) {
		if at < 0 || int64(n) > int64(size) || mode == "linear" && at > int64(size-n) {
			return nil, fmt.Errorf("an update of %d at %d, the cache has %d", n, at, size)
		}
	}
	if err != nil {
		return nil, err
	}
	return inferSame(c)
}

func inferSize(c *Call) ([]Type, error) {
	if n := c.In[0].Shape; n.Known() {
		return known(tensor.Of([]int64{int64(n.Elements())})), nil
	}
	return one(tensor.Shape{}), nil
}

// inferRange counts the numbers start, start + delta, … before limit.
func inferRange(c *Call) ([]Type, error) {
	var v [3]float64
	known := true
	for i := range v {
		if s := c.In[i].Shape; s.Known() && s.Elements() != 1 {
			return nil, fmt.Errorf("input %d (%s): shape %s, must be a scalar", i, c.paramName(i), s)
		}
		if c.value(i) == nil {
			known = false
			continue
		}
		v[i], _ = scalar(c.In[i], 0)
	}
	if !known {
		return one(unknown(1)), nil
	}
	if v[2] == 0 {
		return nil, fmt.Errorf("input 2 (delta): 0")
	}
	n := math.Ceil((v[1] - v[0]) / v[2])
	if n != n || n > math.MaxInt32 {
		return nil, fmt.Errorf("%v numbers from %v to %v by %v, allowed %d", n, v[0], v[1], v[2], math.MaxInt32)
	}
	return one(tensor.Shape{tensor.IntWithin(n, 0, math.MaxInt32)}), nil
}

// inferCumulative checks the axis, which is an input.
func inferCumulative(c *Call) ([]Type, error) {
	axis, known, err := c.wholeNumber(1)
	if err != nil {
		return nil, err
	}
	if in := c.In[0].Shape; in != nil && known {
		if _, err := axisOf(int64(axis), len(in)); err != nil {
			return nil, err
		}
	}
	return inferSame(c)
}

// inferBitCast is for a type of as many bits.
func inferBitCast(c *Call) ([]Type, error) {
	to := tensor.DType(c.Attrs.Int("to", 0))
	if !to.Valid() || to.Bits() != c.In[0].DType.Bits() || int64(to) != c.Attrs.Int("to", 0) {
		return nil, fmt.Errorf("attribute to: %s, %s is not as large", to, c.In[0].DType)
	}
	if to.Bits() < 8 || complexes.has(to) || complexes.has(c.In[0].DType) {
		return nil, c.unsupported("%s to %s", c.In[0].DType, to)
	}
	return []Type{{DType: to, Shape: c.In[0].Shape.Clone()}}, nil
}
