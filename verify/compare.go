package verify

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"slices"

	"github.com/mixconv/mixconv/tensor"
)

// Tolerance bounds a difference: absolutely, and relative to the largest
// magnitude of the reference.
type Tolerance struct {
	Abs float64 `json:"atol"`
	Rel float64 `json:"rtol"`
}

// Value is the comparison of one named value.
type Value struct {
	Name      string       `json:"name"`
	Output    bool         `json:"output"` // of the model; else a value inside it
	Pass      bool         `json:"pass"`
	Compared  int          `json:"compared"` // elements
	Pictures  int          `json:"pictures"`
	Shape     tensor.Shape `json:"shape"`      // the model's
	MaxAbs    Number       `json:"max_abs"`    // largest |a−b|; null if nothing can be compared, as the two that follow
	MaxRel    Number       `json:"max_rel"`    // largest, over pictures, of max|a−b| / max|ref|
	MaxRef    Number       `json:"max_ref"`    // largest |ref|
	NaN       int          `json:"nan"`        // elements that are NaN or infinite on either side
	Infinite  int          `json:"infinite"`   // those of them that are infinite on a side and NaN on none
	Top1Agree int          `json:"top1_agree"` // pictures whose largest element is the same one
	Top5Agree int          `json:"top5_agree"` // pictures whose five largest are the same ones in the same order
	Histogram Histogram    `json:"histogram"`
	Note      string       `json:"note,omitempty"`

	// Identical says that every element is the same on both sides, NaN and infinities
	// among them, which do not pass.
	Identical bool `json:"-"`
}

// Compare compares got with a reference of the same shape, picture by picture.
// A tensor of one dimension or none is one picture.
// Where not one element can be compared, the differences are infinite.
func Compare(name string, got, ref *tensor.Tensor, tol Tolerance) Value {
	v := compare(name, got, ref, tol)
	if v.NaN == v.Compared {
		v.MaxAbs, v.MaxRel, v.MaxRef = Number(math.Inf(1)), Number(math.Inf(1)), Number(math.NaN())
	}
	return v
}

func compare(name string, got, ref *tensor.Tensor, tol Tolerance) Value {
	if err := cmp.Or(got.Check(), ref.Check()); err != nil {
		return Value{Name: name, Note: err.Error()}
	}
	v := Value{Name: name, Shape: got.Shape}
	a, errA := floats(got)
	b, errB := floats(ref)
	switch {
	case errA != nil || errB != nil:
		v.Note = fmt.Sprintf("%s and %s cannot be compared", got.DType, ref.DType)
		v.Identical = got.DType == ref.DType && got.Shape.Equal(ref.Shape) && reflect.DeepEqual(got.Data, ref.Data)
		return v
	case !got.Shape.Equal(ref.Shape):
		v.Note = fmt.Sprintf("shape %s, in the reference %s", got.Shape, ref.Shape)
		return v
	}
	v.Pictures, v.Compared = 1, len(a)
	if len(got.Shape) > 1 {
		v.Pictures = got.Shape[0]
	}
	v.Pass = v.Compared > 0
	v.Identical = slices.EqualFunc(a, b, func(x, y float64) bool { return x == y || math.IsNaN(x) && math.IsNaN(y) })
	for i := range v.Pictures {
		n := len(a) / v.Pictures
		v.picture(a[i*n:(i+1)*n], b[i*n:(i+1)*n], tol)
	}
	return v
}

// classifies reports whether the value is scores by picture and class.
func (v *Value) classifies() bool { return len(v.Shape) == 2 && v.Shape[1] > 1 && v.Compared > 0 }

// picture adds the comparison of one picture.
func (v *Value) picture(a, b []float64, tol Tolerance) {
	var diff, largest float64
	bad := 0
	for i := range a {
		if !finite(a[i]) || !finite(b[i]) {
			bad++
			if !math.IsNaN(a[i]) && !math.IsNaN(b[i]) {
				v.Infinite++
			}
			continue
		}
		diff = max(diff, math.Abs(a[i]-b[i]))
		largest = max(largest, math.Abs(b[i]))
	}
	for i := range a {
		if finite(a[i]) && finite(b[i]) {
			v.Histogram.count(math.Abs(a[i]-b[i]), largest)
		}
	}
	rel := 0.0
	if diff > 0 {
		rel = diff / largest // +Inf for a reference of zeros
	}
	v.NaN += bad
	v.MaxAbs = max(v.MaxAbs, Number(diff))
	v.MaxRel = max(v.MaxRel, Number(rel))
	v.MaxRef = max(v.MaxRef, Number(largest))
	if bad == 0 {
		ours, theirs := top(a), top(b)
		if len(ours) > 0 && ours[0] == theirs[0] {
			v.Top1Agree++
		}
		if slices.Equal(ours, theirs) {
			v.Top5Agree++
		}
	}
	if bad > 0 || !(diff <= tol.Abs+tol.Rel*largest) {
		v.Pass = false
	}
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// floats returns t's elements as float64.
func floats(t *tensor.Tensor) ([]float64, error) {
	switch d := t.Data.(type) {
	case []float32:
		return convert(d), nil
	case []float64:
		return d, nil
	case []int8:
		return convert(d), nil
	case []int16:
		return convert(d), nil
	case []int32:
		return convert(d), nil
	case []int64:
		return convert(d), nil
	case []uint16:
		return halves(t.DType, d), nil
	case []uint32:
		return convert(d), nil
	case []uint64:
		return convert(d), nil
	case []uint8:
		if t.DType == tensor.Uint8 {
			return convert(d), nil
		}
	case []bool:
		out := make([]float64, len(d))
		for i, x := range d {
			if x {
				out[i] = 1
			}
		}
		return out, nil
	}
	return nil, fmt.Errorf("%s has no order of magnitude", t.DType)
}

func convert[T float32 | int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64](x []T) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

// halves converts elements of the three types that are held in 16 bits.
func halves(d tensor.DType, x []uint16) []float64 {
	if d == tensor.Uint16 {
		return convert(x)
	}
	out := make([]float64, len(x))
	for i, bits := range x {
		if d == tensor.Float16 {
			out[i] = float64(tensor.Float16frombits(bits))
		} else {
			out[i] = float64(tensor.BFloat16frombits(bits))
		}
	}
	return out
}
