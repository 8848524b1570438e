package mdconv

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
)

// initializersAreInputs is the IR version up to which every initializer had to
// be listed as an input too; from the next on that makes it a mere default.
const initializersAreInputs = 3

// stored returns the tensor in which name's shape and type are written: an
// initializer's or a Constant's. It is nil if there is none. Unless constant,
// a caller of the model may put another tensor of the same shape in its place.
func (b *body) stored(name string) (t *onnxpb.TensorProto, constant bool) {
	for ; b != nil; b = b.outer {
		if n := b.def[name]; n != nil {
			if a := onnx.Attr(n, "value"); isOp(n, "Constant") && a.GetT() != nil {
				return a.T, true
			}
			return nil, false
		}
		if t := b.init[name]; t != nil {
			return t, b.inputs[name] == nil || b.model.Proto.GetIrVersion() <= initializersAreInputs
		}
		if b.inputs[name] != nil {
			return nil, false
		}
	}
	return nil, false
}

// ints returns the value of a constant list of int64.
func (b *body) ints(name string) ([]int64, bool) {
	if n := b.def[name]; n != nil && isOp(n, "Constant") {
		if a := onnx.Attr(n, "value_ints"); a != nil && a.GetRefAttrName() == "" {
			return a.Ints, true
		}
	}
	t, constant := b.stored(name)
	if !constant {
		return nil, false
	}
	v, err := b.model.Tensor(t)
	if err != nil || v.DType != tensor.Int64 {
		return nil, false
	}
	return tensor.Data[int64](v), true
}

// isFloat reports whether joined and parted take tensors of that type.
func isFloat(dtype int32) bool {
	switch tensor.DType(dtype) {
	case tensor.Float32, tensor.Float64, tensor.Float16, tensor.BFloat16:
		return true
	}
	return false
}

// joined concatenates vectors of one float type; ok is false if they are not.
func joined(parts []*tensor.Tensor) (whole *tensor.Tensor, ok bool) {
	switch parts[0].DType {
	case tensor.Float32:
		return join[float32](parts)
	case tensor.Float64:
		return join[float64](parts)
	case tensor.Float16, tensor.BFloat16:
		return join[uint16](parts)
	}
	return nil, false
}

func join[T tensor.Element](parts []*tensor.Tensor) (*tensor.Tensor, bool) {
	var data []T
	for _, p := range parts {
		if p.DType != parts[0].DType || len(p.Shape) != 1 {
			return nil, false
		}
		data = append(data, tensor.Data[T](p)...)
	}
	whole := tensor.Of(data, len(data))
	whole.DType = parts[0].DType
	return whole, true
}

// parted cuts a vector of a float type into parts of those sizes; ok is false
// if it is not one of their total length.
func parted(whole *tensor.Tensor, sizes []int) (parts []*tensor.Tensor, ok bool) {
	switch whole.DType {
	case tensor.Float32:
		return part[float32](whole, sizes)
	case tensor.Float64:
		return part[float64](whole, sizes)
	case tensor.Float16, tensor.BFloat16:
		return part[uint16](whole, sizes)
	}
	return nil, false
}

func part[T tensor.Element](whole *tensor.Tensor, sizes []int) ([]*tensor.Tensor, bool) {
	total := 0
	for _, n := range sizes {
		total += n
	}
	if len(whole.Shape) != 1 || whole.Shape[0] != total {
		return nil, false
	}
	data := tensor.Data[T](whole)
	var parts []*tensor.Tensor
	for _, n := range sizes {
		p := tensor.Of(data[:n:n], n)
		p.DType = whole.DType
		parts, data = append(parts, p), data[n:]
	}
	return parts, true
}

// partNames are the names of the parts that whole is cut into.
func partNames(whole string, n int) []string { return numbered(whole+"_", n) }

// wholeName is the inverse of partNames; "" if the parts are called otherwise.
func wholeName(parts []string) string {
	whole, found := strings.CutSuffix(parts[0], "_"+strconv.Itoa(0))
	if !found || !slices.Equal(parts, partNames(whole, len(parts))) {
		return ""
	}
	return whole
}
