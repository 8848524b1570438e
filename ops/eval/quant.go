package eval

import (
	"math"

	"github.com/mixconv/mixconv/tensor"
)

// scaleAt returns where the scale, input 1, and the zero point of an element
// stand.
func (r *run) scaleAt() func(index []int) int {
	scale, axis := r.in[1].Shape, wrapped(r.Attrs.Int("axis", 1), max(len(r.in[0].Shape), 1))
	switch {
	case scale.Elements() == 1:
		return func([]int) int { return 0 }
	case len(scale) == 1:
		return func(index []int) int { return index[axis] }
	}
	steps, block := strides(scale), int(r.Attrs.Int("block_size", 1))
	return func(index []int) int { return offsetOf(index, steps) - (index[axis]-index[axis]/block)*steps[axis] }
}

// quantize is QuantizeLinear: x / scale, to the nearest integer, ties to even,
// plus the zero point, as far as the type reaches; to a float's nearest value. The quotient is rounded to
// float32, as every implementation computes it.
func quantize(r *run) error {
	d, most := r.out[0].DType, r.Attrs.Int("saturate", 1) != 0
	if d.IsMinifloat() {
		codes := tensor.Data[uint8](r.out[0])
		return r.rescale(func(i int, x, scale, zero float64) error {
			codes[i] = tensor.Minifloatbits(d, float64(float32(x/scale))+zero, most)
			return nil
		})
	}
	return r.rescale(func(i int, x, scale, zero float64) error {
		return put(r.out[0], i, saturate(math.RoundToEven(float64(float32(x/scale)))+zero, d))
	})
}

// dequantize is DequantizeLinear.
func dequantize(r *run) error {
	return r.rescale(func(i int, x, scale, zero float64) error { return put(r.out[0], i, (x-zero)*scale) })
}

// rescale calls f for every element, with its scale and zero point.
func (r *run) rescale(f func(i int, x, scale, zero float64) error) error {
	x, err := r.floats(r.in[0])
	if err != nil {
		return err
	}
	scale, err := r.floats(r.in[1])
	if err != nil {
		return err
	}
	zero := make([]float64, len(scale))
	if r.has(2) {
		if zero, err = r.floats(r.in[2]); err != nil {
			return err
		}
	}
	at := r.scaleAt()
	return r.eachIndex(r.in[0].Shape, func(i int, index []int) error {
		k := at(index)
		return f(i, x[i], scale[k], zero[k])
	})
}

// saturate limits v to what an integer type holds.
func saturate(v float64, d tensor.DType) float64 {
	switch d {
	case tensor.Int8, tensor.Int16, tensor.Int32, tensor.Int4, tensor.Int2:
		half := math.Ldexp(1, d.Bits()-1)
		return min(max(v, -half), half-1)
	}
	return min(max(v, 0), math.Ldexp(1, d.Bits())-1)
}

// dynamicQuantize is DynamicQuantizeLinear: the scale and the zero point are
// those that make all of x, and 0, fit into uint8.
func dynamicQuantize(r *run) error {
	x, err := r.floats(r.in[0])
	if err != nil {
		return err
	}
	low, high := 0.0, 0.0
	for _, v := range x {
		low, high = min(low, v), max(high, v)
	}
	scale, zero := float64(float32((high-low)/255)), 0.0
	if scale > 0 {
		zero = saturate(math.RoundToEven(float64(float32(-low/scale))), tensor.Uint8)
	} else {
		scale = 1 // x is all zeros
	}
	for i, v := range x {
		if err := put(r.out[0], i, saturate(math.RoundToEven(float64(float32(v/scale)))+zero, tensor.Uint8)); err != nil {
			return err
		}
	}
	if high == low {
		scale = 0
	}
	for i, v := range []float64{scale, zero}[:len(r.out)-1] {
		if err := put(r.out[1+i], 0, v); err != nil {
			return err
		}
	}
	return r.spend(len(x))
}

// centred returns input i as float64, less its zero point, input zero: one
// value, or values that broadcast once they have the given shape. Products of
// such elements add up exactly.
func (r *run) centred(i, zero int, shape tensor.Shape) (*tensor.Tensor, error) {
	x, err := r.as(tensor.Float64, r.in[i])
	if err != nil || !r.has(zero) {
		return x, err
	}
	z, err := r.as(tensor.Float64, r.in[zero])
	if err != nil {
		return nil, err
	}
	if z.Elements() == 1 {
		z = z.Reshape()
	} else if len(z.Shape) == 1 {
		z = z.Reshape(shape...)
	}
	out := *r
	out.out = []*tensor.Tensor{tensor.New(tensor.Float64, x.Shape...)}
	return out.out[0], map2(&out, x, z, subtract[float64])
}

// inside runs f with other inputs and one output of float64, which it returns.
func (r *run) inside(f kernel, in ...*tensor.Tensor) (*tensor.Tensor, error) {
	if _, err := r.scratch(r.out[0].Elements()); err != nil {
		return nil, err
	}
	sub := *r
	sub.in, sub.out = in, []*tensor.Tensor{tensor.New(tensor.Float64, r.out[0].Shape...)}
	err := f(&sub)
	r.work = sub.work
	return sub.out[0], err
}

func matMulInteger(r *run) error {
	sums, err := r.integerProduct(0, 2, 1, 3)
	if err != nil {
		return err
	}
	return put(r.out[0], 0, tensor.Data[float64](sums)...)
}

// integerProduct multiplies inputs a and b, less their zero points.
func (r *run) integerProduct(a, zeroA, b, zeroB int) (*tensor.Tensor, error) {
	x, err := r.centred(a, zeroA, r.vectorShape(zeroA, true))
	if err != nil {
		return nil, err
	}
	y, err := r.centred(b, zeroB, r.vectorShape(zeroB, false))
	if err != nil {
		return nil, err
	}
	return r.inside(matMul, x, y)
}

// vectorShape is input i's if it is a vector: upright or lying.
func (r *run) vectorShape(i int, upright bool) tensor.Shape {
	if !r.has(i) {
		return nil
	}
	if n := r.in[i].Elements(); upright {
		return tensor.Shape{n, 1}
	} else {
		return tensor.Shape{n}
	}
}

func qLinearMatMul(r *run) error {
	sums, err := r.integerProduct(0, 2, 3, 5)
	if err != nil {
		return err
	}
	a, err := r.lineScale(1, true)
	if err != nil {
		return err
	}
	b, err := r.lineScale(4, false)
	if err != nil {
		return err
	}
	return r.requantize(sums, a, b, 6)
}

// lineScale is a scale broadcast to the output.
func (r *run) lineScale(i int, upright bool) ([]float64, error) {
	t := r.in[i]
	if t.Elements() == 1 {
		t = t.Reshape()
	} else if len(t.Shape) == 1 {
		t = t.Reshape(r.vectorShape(i, upright)...)
	}
	return r.spread(t, r.out[0].Shape)
}

// requantize writes sums, in units of a·b, in units of the output's scale, input
// scale, with the zero point after it. Sum, factor and their product are float32,
// as every implementation has them.
func (r *run) requantize(sums *tensor.Tensor, a, b []float64, scale int) error {
	unit, zero := at(r.in[scale], 0), 0.0
	list, err := r.floats(r.in[scale+1])
	if err != nil {
		return err
	}
	zero = list[0]
	for i, v := range tensor.Data[float64](sums) {
		factor := float32(float32(a[i]*b[i]) / float32(unit))
		if err := put(r.out[0], i, saturate(math.RoundToEven(float64(float32(v)*factor))+zero, r.out[0].DType)); err != nil {
			return err
		}
	}
	return r.spend(len(a))
}

// channelShape is one value for each output channel, to broadcast to W.
func channelShape(w tensor.Shape) tensor.Shape {
	shape := make(tensor.Shape, len(w))
	for i := range shape {
		shape[i] = 1
	}
	shape[0] = w[0]
	return shape
}

func convInteger(r *run) error {
	sums, err := r.integerConv(2, 1, 3, -1)
	if err != nil {
		return err
	}
	return put(r.out[0], 0, tensor.Data[float64](sums)...)
}

// integerConv convolves input 0 with input w, less their zero points, and adds
// a bias where there is one.
func (r *run) integerConv(zeroX, w, zeroW, bias int) (*tensor.Tensor, error) {
	x, err := r.centred(0, zeroX, nil)
	if err != nil {
		return nil, err
	}
	weights, err := r.centred(w, zeroW, channelShape(r.in[w].Shape))
	if err != nil {
		return nil, err
	}
	in := []*tensor.Tensor{x, weights, nil}
	if bias >= 0 && r.has(bias) {
		if in[2], err = r.as(tensor.Float64, r.in[bias]); err != nil {
			return nil, err
		}
	}
	return r.inside(conv, in...)
}

func qLinearConv(r *run) error {
	sums, err := r.integerConv(2, 3, 5, 8)
	if err != nil {
		return err
	}
	x, err := r.spread(r.in[1].Reshape(), r.out[0].Shape)
	if err != nil {
		return err
	}
	scale := r.in[4]
	if scale.Elements() > 1 {
		scale = scale.Reshape(channelShape(r.out[0].Shape[1:])...)
	} else {
		scale = scale.Reshape()
	}
	w, err := r.spread(scale, r.out[0].Shape)
	if err != nil {
		return err
	}
	return r.requantize(sums, x, w, 6)
}
