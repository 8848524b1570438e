package eval

import (
	"github.com/mixconv/mixconv/tensor"
)

// map1 sets every element of out to f of the element of in.
func map1[T, R any](r *run, f func(T) R) error {
	in, out := r.in[0].Data.([]T), r.out[0].Data.([]R)
	for len(in) > 0 {
		n := min(len(in), workBetweenChecks)
		for i, v := range in[:n] {
			out[i] = f(v)
		}
		in, out = in[n:], out[n:]
		if err := r.spend(n); err != nil {
			return err
		}
	}
	return nil
}

// map2 sets every element of out to f of a and b, which broadcast to it.
func map2[T, R any](r *run, a, b *tensor.Tensor, f func(T, T) R) error {
	out := r.out[0]
	loops := nest(out.Shape, strides(out.Shape), broadcastSteps(a.Shape, out.Shape), broadcastSteps(b.Shape, out.Shape))
	x, y, z := a.Data.([]T), b.Data.([]T), out.Data.([]R)
	return r.walk(loops, [operands]int{}, func(l loop, at [operands]int) {
		k, i, j := at[0], at[1], at[2]
		for range l.n {
			z[k] = f(x[i], y[j])
			k, i, j = k+l.step[0], i+l.step[1], j+l.step[2]
		}
	})
}

// number is what functions of one or two numbers compute with: the widest type
// of each class.
type number interface{ float64 | int64 | uint64 }

type float interface{ float32 | float64 }

type signed interface{ int8 | int16 | int32 | int64 }

type unsigned interface {
	uint8 | uint16 | uint32 | uint64
}

// unary is a function of one number for each class of element types. Without
// one of its own, integers pass through the one of floats, and are truncated.
type unary struct {
	float func(float64) float64
	int   func(int64) int64
	uint  func(uint64) uint64
}

func (f unary) run(r *run) error {
	d := r.out[0].DType
	if !isFloat(d) && (f.int == nil && isSigned(d) || f.uint == nil && !isSigned(d)) {
		return r.throughFloats(f.float)
	}
	switch d {
	case tensor.Float32:
		return mapFloat[float32](r, f.float)
	case tensor.Float64:
		return mapFloat[float64](r, f.float)
	case tensor.Float16:
		return map1(r, func(h uint16) uint16 { return tensor.Float16bits(f.float(float64(tensor.Float16frombits(h)))) })
	case tensor.BFloat16:
		return map1(r, func(h uint16) uint16 { return tensor.BFloat16bits(f.float(float64(tensor.BFloat16frombits(h)))) })
	case tensor.Int8:
		return mapInt[int8](r, f.int)
	case tensor.Int16:
		return mapInt[int16](r, f.int)
	case tensor.Int32:
		return mapInt[int32](r, f.int)
	case tensor.Int64:
		return mapInt[int64](r, f.int)
	case tensor.Uint8:
		return mapUint[uint8](r, f.uint)
	case tensor.Uint16:
		return mapUint[uint16](r, f.uint)
	case tensor.Uint32:
		return mapUint[uint32](r, f.uint)
	case tensor.Uint64:
		return mapUint[uint64](r, f.uint)
	}
	return r.noType()
}

func mapFloat[T float](r *run, f func(float64) float64) error {
	return map1(r, func(v T) T { return T(f(float64(v))) })
}

func mapInt[T signed](r *run, f func(int64) int64) error {
	return map1(r, func(v T) T { return T(f(int64(v))) })
}

func mapUint[T unsigned](r *run, f func(uint64) uint64) error {
	return map1(r, func(v T) T { return T(f(uint64(v))) })
}

// binary is a function of two numbers for each class of element types.
// Integers wrap around.
type binary struct {
	float func(a, b float64) float64
	int   func(a, b int64) int64
	uint  func(a, b uint64) uint64
}

// arith is the kernel of a function of two numbers, broadcasting.
func arith(f func(a, b float64) float64, i func(a, b int64) int64, u func(a, b uint64) uint64) kernel {
	return func(r *run) error { return binary{f, i, u}.run(r, r.in[0], r.in[1]) }
}

func (f binary) run(r *run, a, b *tensor.Tensor) error {
	switch a.DType {
	case tensor.Float32:
		return joinFloat[float32](r, a, b, f.float)
	case tensor.Float64:
		return joinFloat[float64](r, a, b, f.float)
	case tensor.Float16:
		return map2(r, a, b, func(x, y uint16) uint16 {
			return tensor.Float16bits(f.float(float64(tensor.Float16frombits(x)), float64(tensor.Float16frombits(y))))
		})
	case tensor.BFloat16:
		return map2(r, a, b, func(x, y uint16) uint16 {
			return tensor.BFloat16bits(f.float(float64(tensor.BFloat16frombits(x)), float64(tensor.BFloat16frombits(y))))
		})
	case tensor.Int8:
		return joinInt[int8](r, a, b, f.int)
	case tensor.Int16:
		return joinInt[int16](r, a, b, f.int)
	case tensor.Int32:
		return joinInt[int32](r, a, b, f.int)
	case tensor.Int64:
		return joinInt[int64](r, a, b, f.int)
	case tensor.Uint8:
		return joinUint[uint8](r, a, b, f.uint)
	case tensor.Uint16:
		return joinUint[uint16](r, a, b, f.uint)
	case tensor.Uint32:
		return joinUint[uint32](r, a, b, f.uint)
	case tensor.Uint64:
		return joinUint[uint64](r, a, b, f.uint)
	}
	return r.noType()
}

func joinFloat[T float](r *run, a, b *tensor.Tensor, f func(a, b float64) float64) error {
	return map2(r, a, b, func(x, y T) T { return T(f(float64(x), float64(y))) })
}

func joinInt[T signed](r *run, a, b *tensor.Tensor, f func(a, b int64) int64) error {
	return map2(r, a, b, func(x, y T) T { return T(f(int64(x), int64(y))) })
}

func joinUint[T unsigned](r *run, a, b *tensor.Tensor, f func(a, b uint64) uint64) error {
	return map2(r, a, b, func(x, y T) T { return T(f(uint64(x), uint64(y))) })
}
