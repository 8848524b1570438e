package eval

import (
	"errors"
	"math"
	"slices"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/tensor"
)

var errDivideByZero = errors.New("integer division by zero")

func add[T number](a, b T) T      { return a + b }
func subtract[T number](a, b T) T { return a - b }
func multiply[T number](a, b T) T { return a * b }
func quotient[T number](a, b T) T { return a / b }

// larger and smaller propagate NaN from either side.
func larger[T number](a, b T) T {
	if b > a || b != b {
		return b
	}
	return a
}

func smaller[T number](a, b T) T {
	if b < a || b != b {
		return b
	}
	return a
}

var (
	maximum = binary{larger[float64], larger[int64], larger[uint64]}
	minimum = binary{smaller[float64], smaller[int64], smaller[uint64]}
)

// divide is Div. Quotients of integers are truncated.
func divide(r *run) error {
	if hasZeroInt(r.in[1]) {
		return errDivideByZero
	}
	return binary{quotient[float64], quotient[int64], quotient[uint64]}.run(r, r.in[0], r.in[1])
}

func hasZeroInt(t *tensor.Tensor) bool {
	switch data := t.Data.(type) {
	case []int8:
		return slices.Contains(data, 0)
	case []int16:
		return slices.Contains(data, 0)
	case []int32:
		return slices.Contains(data, 0)
	case []int64:
		return slices.Contains(data, 0)
	case []uint8:
		return slices.Contains(data, 0)
	case []uint16:
		return t.DType == tensor.Uint16 && slices.Contains(data, 0)
	case []uint32:
		return slices.Contains(data, 0)
	case []uint64:
		return slices.Contains(data, 0)
	}
	return false
}

// fold is the kernel of a function applied to any number of tensors in turn.
func fold(f binary) kernel {
	return func(r *run) error {
		if err := r.expandTo(r.out[0], r.in[0]); err != nil {
			return err
		}
		for _, t := range r.in[1:] {
			if err := f.run(r, r.out[0], t); err != nil {
				return err
			}
		}
		return nil
	}
}

// clip raises x to the lower bound, then lowers that to the upper one. NaN
// stays, and a bound that is NaN bounds nothing.
func clip(r *run) error {
	if err := r.expandTo(r.out[0], r.in[0]); err != nil {
		return err
	}
	lo, hi, ok := ops.ClipOf(r.Call)
	if !ok {
		return errors.New("the bounds are not known")
	}
	raise := binary{atLeast[float64], atLeast[int64], atLeast[uint64]}
	lower := binary{atMost[float64], atMost[int64], atMost[uint64]}
	if err := r.bound(1, lo, raise); err != nil {
		return err
	}
	return r.bound(2, hi, lower)
}

// bound applies f to the output and input i, or absent where that is.
func (r *run) bound(i int, absent float64, f binary) error {
	if i < len(r.in) && r.in[i] != nil {
		return f.run(r, r.out[0], r.in[i].Reshape())
	}
	if math.IsInf(absent, 0) {
		return nil
	}
	t := tensor.New(r.out[0].DType)
	store(t, 0, 1, []float64{absent})
	return f.run(r, r.out[0], t)
}

func atLeast[T number](x, lo T) T {
	if x < lo {
		return lo
	}
	return x
}

func atMost[T number](x, hi T) T {
	if x > hi {
		return hi
	}
	return x
}

// equal is Equal: NaN equals nothing, and 0 equals -0.
func equal(r *run) error {
	a, b := r.in[0], r.in[1]
	switch a.Data.(type) {
	case []float32:
		return map2(r, a, b, same[float32])
	case []float64:
		return map2(r, a, b, same[float64])
	case []int8:
		return map2(r, a, b, same[int8])
	case []int16:
		return map2(r, a, b, same[int16])
	case []int32:
		return map2(r, a, b, same[int32])
	case []int64:
		return map2(r, a, b, same[int64])
	case []uint8:
		return map2(r, a, b, same[uint8])
	case []uint16:
		return equal16(r, a, b)
	case []uint32:
		return map2(r, a, b, same[uint32])
	case []uint64:
		return map2(r, a, b, same[uint64])
	case []bool:
		return map2(r, a, b, same[bool])
	case []string:
		return map2(r, a, b, same[string])
	}
	return r.noType()
}

func same[T comparable](a, b T) bool { return a == b }

func equal16(r *run, a, b *tensor.Tensor) error {
	switch a.DType {
	case tensor.Float16:
		return map2(r, a, b, func(x, y uint16) bool { return tensor.Float16frombits(x) == tensor.Float16frombits(y) })
	case tensor.BFloat16:
		return map2(r, a, b, func(x, y uint16) bool { return tensor.BFloat16frombits(x) == tensor.BFloat16frombits(y) })
	}
	return map2(r, a, b, same[uint16])
}
