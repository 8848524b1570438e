package ops

import (
	"fmt"
	"math"

	"github.com/mixconv/mixconv/tensor"
)

// ClipOf returns the bounds of a call of Clip. An absent one is the end of the
// float type's finite range, which makes infinities finite, and infinite for
// integers. ok is false if the bounds are not known.
func ClipOf(c *Call) (lo, hi float64, ok bool) {
	largest, isFloat := largestFinite[c.In[0].DType]
	if !isFloat {
		largest = math.Inf(1)
	}
	if c.Version < 11 {
		return float64(c.Attrs.Float("min", float32(-largest))), float64(c.Attrs.Float("max", float32(largest))), true
	}
	lo, okLo := scalar(c.input(1), -largest)
	hi, okHi := scalar(c.input(2), largest)
	return lo, hi, okLo && okHi
}

var largestFinite = map[tensor.DType]float64{
	tensor.Float16:  65504,
	tensor.BFloat16: 0x1.fep127,
	tensor.Float32:  math.MaxFloat32,
	tensor.Float64:  math.MaxFloat64,
}

func inferClip(c *Call) ([]Type, error) {
	for i := 1; i < len(c.In); i++ {
		if t := c.In[i]; t.Present() && t.Shape.Known() && t.Shape.Elements() != 1 {
			return nil, fmt.Errorf("input %d (%s): shape %s, must be a scalar", i, c.paramName(i), t.Shape)
		}
	}
	return inferSame(c)
}

// scalar is the value of a one-element input as a float64, def if it is absent.
func scalar(t Type, def float64) (float64, bool) {
	if !t.Present() {
		return def, true
	}
	if t.Value == nil || t.Value.Elements() != 1 {
		return 0, false
	}
	switch v := t.Value.Data.(type) {
	case []float32:
		return float64(v[0]), true
	case []float64:
		return v[0], true
	case []uint16:
		switch t.DType {
		case tensor.Float16:
			return float64(tensor.Float16frombits(v[0])), true
		case tensor.BFloat16:
			return float64(tensor.BFloat16frombits(v[0])), true
		}
		return float64(v[0]), true
	case []int8:
		return float64(v[0]), true
	case []int16:
		return float64(v[0]), true
	case []int32:
		return float64(v[0]), true
	case []int64:
		return float64(v[0]), true
	case []uint8:
		return float64(v[0]), true
	case []uint32:
		return float64(v[0]), true
	case []uint64:
		return float64(v[0]), true
	}
	return 0, false
}
