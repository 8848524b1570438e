package eval

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/tensor"
)

// cast converts through the widest type of each kind: floats as float64,
// integers as int64 or uint64, a bool as 0 or 1. ONNX leaves open what a float
// outside an integer type's range becomes; here it is the nearest value of that
// type, and 0 for NaN. Integers, and floats on the way to integers of 4 or 2 bits,
// wrap around; whatever is not zero is true.
func cast(r *run) error {
	if r.in[0].DType == r.out[0].DType {
		return identity(r)
	}
	if r.out[0].DType.IsMinifloat() {
		return r.castMinifloats()
	}
	return r.castAll(r.out[0], r.in[0])
}

// castMinifloats heeds the attributes for such types.
func (r *run) castMinifloats() error {
	src, err := r.floats(r.in[0])
	if err != nil {
		return err
	}
	dst, d, saturate := tensor.Data[uint8](r.out[0]), r.out[0].DType, r.Attrs.Int("saturate", 1) != 0
	round, ok := map[string]func(float64) float64{"up": math.Ceil, "down": math.Floor, "nearest": func(v float64) float64 { return math.Floor(v + 0.5) }}[r.Attrs.String("round_mode", "up")]
	if !ok {
		return fmt.Errorf("attribute round_mode: %.40q, allowed up, down, nearest", r.Attrs.String("round_mode", ""))
	}
	for i, v := range src {
		if d == tensor.Float8E8M0 {
			dst[i] = tensor.Float8E8M0bits(v, round, saturate)
		} else {
			dst[i] = tensor.Minifloatbits(d, v, saturate)
		}
	}
	return r.spend(len(src))
}

// castAll converts all elements of in to those of out, of another type.
func (r *run) castAll(out, in *tensor.Tensor) error {
	const chunk = 4096
	for first, n := 0, in.Elements(); first < n; first += chunk {
		to := min(first+chunk, n)
		if err := castRange(out, in, first, to); err != nil {
			return err
		}
		if err := r.spend(to - first); err != nil {
			return err
		}
	}
	return nil
}

// castRange converts elements first … to-1.
func castRange(out, in *tensor.Tensor, first, to int) error {
	switch src := in.Data.(type) {
	case []float32, []float64:
		return castFloats(out, in, first, to)
	case []int8:
		return castInts(out, first, widenInts(src[first:to]))
	case []int16:
		return castInts(out, first, widenInts(src[first:to]))
	case []int32:
		return castInts(out, first, widenInts(src[first:to]))
	case []int64:
		return castInts(out, first, src[first:to])
	case []uint8:
		if in.DType.IsMinifloat() {
			return castFloats(out, in, first, to)
		}
		return castInts(out, first, widenInts(src[first:to]))
	case []uint16:
		if in.DType == tensor.Uint16 {
			return castInts(out, first, widenInts(src[first:to]))
		}
		return castFloats(out, in, first, to)
	case []uint32:
		return castInts(out, first, widenInts(src[first:to]))
	case []uint64:
		return castInts(out, first, src[first:to])
	case []bool:
		ones := make([]int64, to-first)
		for i, v := range src[first:to] {
			if v {
				ones[i] = 1
			}
		}
		return castInts(out, first, ones)
	case []string:
		return castStrings(out, first, src[first:to])
	}
	return fmt.Errorf("conversion from %s is not implemented", in.DType)
}

func widenInts[T signed | unsigned](src []T) []int64 {
	out := make([]int64, len(src))
	for i, v := range src {
		out[i] = int64(v)
	}
	return out
}

func castFloats(out, in *tensor.Tensor, first, to int) error {
	src := make([]float64, to-first)
	load(src, in, first, 1)
	return storeFloats(out, first, src, floatBits(in.DType))
}

// floatBits is how many bits decide the shortest decimal form of a float.
func floatBits(d tensor.DType) int {
	if d == tensor.Float64 {
		return 64
	}
	return 32
}

// storeFloats converts floats to out's type.
func storeFloats(out *tensor.Tensor, first int, src []float64, precision int) error {
	if out.DType.IsMinifloat() {
		store(out, first, 1, src)
		return nil
	}
	if out.DType.Bits() < 8 && out.DType != tensor.String {
		return castInts(out, first, saturated(src, func(v float64) int64 { return saturateInt(v, 64) }))
	}
	switch dst := out.Data.(type) {
	case []bool:
		for i, v := range src {
			dst[first+i] = v != 0
		}
		return nil
	case []string:
		for i, v := range src {
			dst[first+i] = formatFloat(v, precision)
		}
		return nil
	case []uint8, []uint32, []uint64:
		return castInts(out, first, saturated(src, func(v float64) uint64 { return saturateUint(v, out.DType.Bits()) }))
	case []int8, []int16, []int32, []int64:
		return castInts(out, first, saturated(src, func(v float64) int64 { return saturateInt(v, out.DType.Bits()) }))
	case []uint16:
		if out.DType == tensor.Uint16 {
			return castInts(out, first, saturated(src, func(v float64) uint64 { return saturateUint(v, 16) }))
		}
	}
	store(out, first, 1, src)
	return nil
}

func saturated[T int64 | uint64](src []float64, f func(float64) T) []T {
	out := make([]T, len(src))
	for i, v := range src {
		out[i] = f(v)
	}
	return out
}

// saturateInt truncates v to a signed integer of the given size.
func saturateInt(v float64, size int) int64 {
	n, _ := tensor.Int64Of(v)
	return min(max(n, math.MinInt64>>(64-size)), math.MaxInt64>>(64-size))
}

// saturateUint truncates v to an unsigned integer of the given size.
func saturateUint(v float64, size int) uint64 {
	n, _ := tensor.Uint64Of(v)
	return min(n, math.MaxUint64>>(64-size))
}

func formatFloat(v float64, precision int) string {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "INF"
	case math.IsInf(v, -1):
		return "-INF"
	}
	return strconv.FormatFloat(v, 'g', -1, precision)
}

// castInts converts integers to out's type.
func castInts[T int64 | uint64](out *tensor.Tensor, first int, src []T) error {
	switch dst := out.Data.(type) {
	case []int8:
		wrap(dst[first:], src)
		keepBits(dst[first:][:len(src)], out.DType)
	case []int16:
		wrap(dst[first:], src)
	case []int32:
		wrap(dst[first:], src)
	case []int64:
		wrap(dst[first:], src)
	case []uint8:
		if out.DType.IsMinifloat() {
			storeInts(out, first, src)
			break
		}
		wrap(dst[first:], src)
		keepBits(dst[first:][:len(src)], out.DType)
	case []uint32:
		wrap(dst[first:], src)
	case []uint64:
		wrap(dst[first:], src)
	case []float32:
		wrap(dst[first:], src)
	case []float64:
		wrap(dst[first:], src)
	case []uint16:
		if out.DType == tensor.Uint16 {
			wrap(dst[first:], src)
			break
		}
		storeInts(out, first, src)
	case []bool:
		for i, v := range src {
			dst[first+i] = v != 0
		}
	case []string:
		for i, v := range src {
			dst[first+i] = fmt.Sprint(v)
		}
	default:
		return fmt.Errorf("conversion to %s is not implemented", out.DType)
	}
	return nil
}

// storeInts converts integers to floats of 16 bits or fewer.
func storeInts[T int64 | uint64](out *tensor.Tensor, first int, src []T) {
	values := make([]float64, len(src))
	for i, v := range src {
		values[i] = nearOdd(v)
	}
	store(out, first, 1, values)
}

func wrap[D signed | unsigned | float, T int64 | uint64](dst []D, src []T) {
	for i, v := range src {
		dst[i] = D(v)
	}
}

// keepBits wraps numbers around that have 4 or 2 bits of their byte.
func keepBits[D int8 | uint8](dst []D, d tensor.DType) {
	if free := 8 - d.Bits(); free > 0 {
		for i, v := range dst {
			dst[i] = v << free >> free
		}
	}
}

// nearOdd is v as a float64 with, where it does not fit, its last bit set, so
// that rounding it once more to 16 bits gives what rounding v would.
func nearOdd[T int64 | uint64](v T) float64 {
	magnitude, sign := uint64(v), 1.0
	if v < 0 {
		magnitude, sign = -magnitude, -1
	}
	if lost := bits.Len64(magnitude) - 53; lost > 0 {
		kept := magnitude >> lost << lost
		if kept != magnitude {
			kept |= 1 << lost
		}
		magnitude = kept
	}
	return sign * float64(magnitude)
}

// castStrings parses numbers, as ONNX writes them: decimal or scientific, and
// INF, -INF, NaN in any case.
func castStrings(out *tensor.Tensor, first int, src []string) error {
	for i, s := range src {
		if err := castString(out, first+i, s); err != nil {
			return fmt.Errorf("element %d: %.40q is no %s", first+i, s, out.DType)
		}
	}
	return nil
}

func castString(out *tensor.Tensor, at int, s string) error {
	s = strings.TrimSpace(s)
	if out.DType.IsMinifloat() {
		v, err := strconv.ParseFloat(s, 32)
		if err != nil && !math.IsInf(v, 0) {
			return err
		}
		return storeFloats(out, at, []float64{v}, 32)
	}
	switch out.Data.(type) {
	case []int8, []int16, []int32, []int64, []uint8, []uint32:
		v, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return err
		}
		return castInts(out, at, []int64{v})
	case []uint64:
		v, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			return err
		}
		return castInts(out, at, []uint64{v})
	}
	v, err := strconv.ParseFloat(s, floatBits(out.DType))
	if err != nil && !math.IsInf(v, 0) {
		return err
	}
	return storeFloats(out, at, []float64{v}, 64)
}
