package rpc

import (
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/serve/internal/oip"
	"github.com/mixconv/mixconv/serve/internal/oippb"
	"github.com/mixconv/mixconv/tensor"
)

// number is a type of elements in lists.
type number interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~float32 | ~float64
}

// fromContents makes a tensor of the list for its type.
func fromContents(name string, c *oippb.Contents, d tensor.DType, shape []int, elements int) (*tensor.Tensor, error) {
	if c == nil {
		return nil, oip.Invalidf("input %s has neither contents nor raw contents", errs.Quote(name))
	}
	t := &tensor.Tensor{DType: d, Shape: shape}
	n, ok := 0, true
	switch d {
	case tensor.Bool:
		t.Data, n = c.BoolContents, len(c.BoolContents)
	case tensor.Int8:
		t.Data, n, ok = narrow[int8](c.IntContents)
	case tensor.Int16:
		t.Data, n, ok = narrow[int16](c.IntContents)
	case tensor.Int32:
		t.Data, n = c.IntContents, len(c.IntContents)
	case tensor.Int64:
		t.Data, n = c.Int64Contents, len(c.Int64Contents)
	case tensor.Uint8:
		t.Data, n, ok = narrow[uint8](c.UintContents)
	case tensor.Uint16:
		t.Data, n, ok = narrow[uint16](c.UintContents)
	case tensor.Uint32:
		t.Data, n = c.UintContents, len(c.UintContents)
	case tensor.Uint64:
		t.Data, n = c.Uint64Contents, len(c.Uint64Contents)
	case tensor.Float32:
		t.Data, n = c.Fp32Contents, len(c.Fp32Contents)
	case tensor.Float64:
		t.Data, n = c.Fp64Contents, len(c.Fp64Contents)
	case tensor.String:
		list := make([]string, len(c.BytesContents))
		for i, s := range c.BytesContents {
			list[i] = string(s)
		}
		t.Data, n = list, len(list)
	default:
		return nil, oip.Invalidf("input %s: contents have no list for %s, allowed are raw contents", errs.Quote(name), oip.Datatype(d))
	}
	if n != elements {
		return nil, oip.Invalidf("input %s: the contents for %s have %d elements, the shape %v has %d", errs.Quote(name), oip.Datatype(d), n, shape, elements)
	}
	if !ok {
		return nil, oip.Invalidf("input %s: an element is beyond %s", errs.Quote(name), oip.Datatype(d))
	}
	return t, nil
}

// narrow makes a list of smaller integers. It is not ok if one does not fit.
func narrow[To, From number](list []From) (_ []To, n int, ok bool) {
	out := make([]To, len(list))
	ok = true
	for i, v := range list {
		out[i] = To(v)
		ok = ok && From(out[i]) == v
	}
	return out, len(out), ok
}

// widen makes a list of larger integers.
func widen[To, From number](list []From) []To {
	out, _, _ := narrow[To](list)
	return out
}

// toContents is t as the list for its type, which has one.
func toContents(t *tensor.Tensor) *oippb.Contents {
	c := &oippb.Contents{}
	switch data := t.Data.(type) {
	case []bool:
		c.BoolContents = data
	case []int8:
		c.IntContents = widen[int32](data)
	case []int16:
		c.IntContents = widen[int32](data)
	case []int32:
		c.IntContents = data
	case []int64:
		c.Int64Contents = data
	case []uint8:
		c.UintContents = widen[uint32](data)
	case []uint16:
		c.UintContents = widen[uint32](data)
	case []uint32:
		c.UintContents = data
	case []uint64:
		c.Uint64Contents = data
	case []float32:
		c.Fp32Contents = data
	case []float64:
		c.Fp64Contents = data
	case []string:
		for _, s := range data {
			c.BytesContents = append(c.BytesContents, []byte(s))
		}
	}
	return c
}
