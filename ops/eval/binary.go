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

// power is Pow, whose exponent may have a type of its own.
func power(r *run) error {
	if !isFloat(r.in[0].DType) && !isFloat(r.in[1].DType) {
		exponent, err := r.as(r.in[0].DType, r.in[1])
		if err != nil {
			return err
		}
		return binary{nil, intPower[int64], intPower[uint64]}.run(r, r.in[0], exponent)
	}
	base, err := r.as(tensor.Float64, r.in[0])
	if err != nil {
		return err
	}
	exponent, err := r.as(tensor.Float64, r.in[1])
	if err != nil {
		return err
	}
	return r.through(tensor.Float64, func() error {
		return map2(r, base, exponent, math.Pow)
	})
}

// through runs f with output 0 of another type, and converts it.
func (r *run) through(d tensor.DType, f func() error) error {
	out := r.out[0]
	if out.DType == d {
		return f()
	}
	if _, err := r.scratch(out.Elements()); err != nil {
		return err
	}
	r.out[0] = tensor.New(d, out.Shape...)
	if err := f(); err != nil {
		return err
	}
	wide := r.out[0]
	r.out[0] = out
	return r.castAll(out, wide)
}

// intPower multiplies by squares; a negative exponent gives 0, but 1 and -1 for
// those bases.
func intPower[T int64 | uint64](base, exponent T) T {
	if exponent < 0 {
		switch {
		case base == 1, base*base == 1 && exponent%2 == 0:
			return 1
		case base*base == 1:
			return base
		}
		return 0
	}
	result := T(1)
	for ; exponent > 0; exponent /= 2 {
		if exponent%2 == 1 {
			result *= base
		}
		base *= base
	}
	return result
}

// modulo is Mod: with the divisor's sign, or the dividend's if fmod is set.
func modulo(r *run) error {
	if hasZeroInt(r.in[1]) {
		return errDivideByZero
	}
	if r.Attrs.Int("fmod", 0) != 0 {
		return binary{math.Mod, remainder[int64], remainder[uint64]}.run(r, r.in[0], r.in[1])
	}
	return binary{
		func(a, b float64) float64 { return withSignOf(b, math.Mod(a, b)) },
		func(a, b int64) int64 { return withSignOf(b, a%b) },
		remainder[uint64],
	}.run(r, r.in[0], r.in[1])
}

func remainder[T int64 | uint64](a, b T) T { return a % b }

// withSignOf is a remainder of the division by b with b's sign.
func withSignOf[T int64 | float64](b, m T) T {
	if m != 0 && (m < 0) != (b < 0) {
		m += b
	}
	return m
}

// bitShift is BitShift. Shifting by all bits or more, or by a negative number, leaves
// the sign: 0, or -1 of a negative number to the right.
func bitShift(r *run) error {
	if r.Attrs.String("direction", "") == "LEFT" {
		return binary{int: func(a, b int64) int64 { return a << uint64(b) }, uint: func(a, b uint64) uint64 { return a << b }}.run(r, r.in[0], r.in[1])
	}
	return binary{int: func(a, b int64) int64 { return a >> uint64(b) }, uint: func(a, b uint64) uint64 { return a >> b }}.run(r, r.in[0], r.in[1])
}

func and[T int64 | uint64](a, b T) T { return a & b }
func or[T int64 | uint64](a, b T) T  { return a | b }
func xor[T int64 | uint64](a, b T) T { return a ^ b }

// logic is the kernel of a function of two truths.
func logic(f func(a, b bool) bool) kernel {
	return func(r *run) error { return map2(r, r.in[0], r.in[1], f) }
}

// relation is the kernel of a comparison for order; a NaN has none.
func relation(f func(a, b float64) bool, i func(a, b int64) bool, u func(a, b uint64) bool) kernel {
	return func(r *run) error {
		a, err := r.widest(r.in[0])
		if err != nil {
			return err
		}
		b, err := r.widest(r.in[1])
		if err != nil {
			return err
		}
		switch a.DType {
		case tensor.Float64:
			return map2(r, a, b, f)
		case tensor.Int64:
			return map2(r, a, b, i)
		}
		return map2(r, a, b, u)
	}
}

func less[T number](a, b T) bool      { return a < b }
func atMostOf[T number](a, b T) bool  { return a <= b }
func atLeastOf[T number](a, b T) bool { return a >= b }

// sum is Sum and Mean: added up in float64, and rounded once.
func sum(r *run) error  { return r.addUp(1) }
func mean(r *run) error { return r.addUp(float64(len(r.in))) }

func (r *run) addUp(divisor float64) error {
	return r.through(tensor.Float64, func() error {
		fill(tensor.Data[float64](r.out[0]), math.Copysign(0, -1)) // what leaves -0 as it is
		for _, t := range r.in {
			wide, err := r.as(tensor.Float64, t)
			if err != nil {
				return err
			}
			if err := map2(r, r.out[0], wide, add[float64]); err != nil {
				return err
			}
		}
		total := tensor.Data[float64](r.out[0])
		for i := range total {
			total[i] /= divisor
		}
		return nil
	})
}

// prelu is PRelu. The slope broadcasts to X.
func prelu(r *run) error {
	shape, err := ops.SlopeShape(r.Call)
	if err != nil {
		return err
	}
	return binary{slope[float64], slope[int64], func(x, _ uint64) uint64 { return x }}.run(r, r.in[0], r.in[1].Reshape(shape...))
}

func slope[T number](x, by T) T {
	if x < 0 {
		return x * by
	}
	return x
}

// equal is Equal: NaN equals nothing, and 0 equals -0.
func equal(r *run) error {
	if r.in[0].DType == tensor.String {
		return map2(r, r.in[0], r.in[1], same[string])
	}
	return relation(same[float64], same[int64], same[uint64])(r)
}

func same[T comparable](a, b T) bool { return a == b }
