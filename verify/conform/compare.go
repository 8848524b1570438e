package conform

import (
	"fmt"
	"math"
	"reflect"

	"github.com/mixconv/mixconv/tensor"
)

// The tolerances of onnx's own runner: |a−b| ≤ absolute + relative · |b|.
// bfloat16 is given two units in its last place.
const (
	relative   = 1e-3
	absolute   = 1e-7
	relativeBF = 1.0 / 64
)

// compare is nil if got is want, a NaN at the same place being equal.
func compare(got, want *tensor.Tensor) error {
	if got == nil || want == nil {
		if got != want {
			return fmt.Errorf("%v, expected %v", got, want)
		}
		return nil
	}
	if got.DType != want.DType || !got.Shape.Equal(want.Shape) {
		return fmt.Errorf("%s %s, expected %s %s", got.DType, got.Shape, want.DType, want.Shape)
	}
	if got.DType.IsSequence() {
		for i, t := range got.List() {
			if err := compare(t, want.List()[i]); err != nil {
				return fmt.Errorf("tensor %d: %w", i, err)
			}
		}
		return nil
	}
	rtol := relative
	if want.DType == tensor.BFloat16 {
		rtol = relativeBF
	}
	a, b := reflect.ValueOf(got.Data), reflect.ValueOf(want.Data)
	for i := range a.Len() {
		x, y := a.Index(i).Interface(), b.Index(i).Interface()
		if x == y {
			continue
		}
		v, ok := real(x, got.DType)
		w, _ := real(y, want.DType)
		if ok && (v == w || math.IsNaN(v) && math.IsNaN(w) || math.Abs(v-w) <= absolute+rtol*math.Abs(w)) && !math.IsInf(w, 0) {
			continue
		}
		return fmt.Errorf("element %d is %v, expected %v", i, show(v, ok, x), show(w, ok, y))
	}
	return nil
}

func show(v float64, ok bool, x any) any {
	if ok {
		return v
	}
	return x
}

// real is an element as a float64; ok is false for types that must be equal bit
// by bit.
func real(x any, d tensor.DType) (v float64, ok bool) {
	switch x := x.(type) {
	case float32:
		return float64(x), true
	case float64:
		return x, true
	case uint16:
		switch d {
		case tensor.Float16:
			return float64(tensor.Float16frombits(x)), true
		case tensor.BFloat16:
			return float64(tensor.BFloat16frombits(x)), true
		}
		return float64(x), true
	case int8, int16, int32, int64:
		return float64(reflect.ValueOf(x).Int()), true
	case uint32, uint64:
		return float64(reflect.ValueOf(x).Uint()), true
	case uint8:
		return float64(x), d == tensor.Uint8
	}
	return 0, false
}
