package tf

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/tensor"
)

// readWeights reads the variables that fill the roles, as float32 and in
// convert's layouts, straight from the store's buffer.
func readWeights(s store, vars []variable, n convert.Network, roles []role, averages bool) (convert.Weights, string, error) {
	takes := map[int]role{} // by the index of the stored variable
	moments := averagedMoments(roles)
	for _, r := range roles {
		i, err := r.v.pick(averages && (moments || r.Kind.Trained()))
		if err != nil {
			return nil, "", errs.Format("tensor "+errs.Quote(r.v.name), "%w", err)
		}
		if elementAt(vars[i].dtype) == nil {
			return nil, "", errs.Format("tensor "+errs.Quote(vars[i].name), "type %s, allowed for weights float32, float16 and bfloat16", vars[i].typeName)
		}
		takes[i] = r
	}
	weights := make(convert.Weights, len(roles))
	sum, err := s.read(
		func(i int) bool { _, ok := takes[i]; return ok },
		func(i int, data []byte) error {
			r := takes[i]
			weights[r.Role] = arrange(data, elementAt(vars[i].dtype), r.Param)
			return nil
		})
	if err != nil {
		return nil, "", err
	}
	if len(weights) != len(roles) {
		return nil, "", fmt.Errorf("%d of %d roles of %s were read", len(weights), len(roles), n.Name)
	}
	return weights, sum, nil
}

// elementAt returns the function that reads element i of such a type; each
// value is exact in float32. It is nil for other types.
func elementAt(d tensor.DType) func(data []byte, i int) float32 {
	switch d {
	case tensor.Float32:
		return func(b []byte, i int) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:])) }
	case tensor.Float16:
		return func(b []byte, i int) float32 { return tensor.Float16frombits(binary.LittleEndian.Uint16(b[2*i:])) }
	case tensor.BFloat16:
		return func(b []byte, i int) float32 { return tensor.BFloat16frombits(binary.LittleEndian.Uint16(b[2*i:])) }
	}
	return nil
}

// arrange copies a parameter from TensorFlow's layout (see storedShape). Each
// is a matrix [rows, columns] there and its transpose here, vectors and
// depthwise kernels with one column or row more.
func arrange(data []byte, at func([]byte, int) float32, p convert.Param) *tensor.Tensor {
	t := tensor.New(tensor.Float32, p.Shape...)
	dst := tensor.Data[float32](t)
	switch p.Kind {
	case convert.Kernel: // [h·w, in, out] to [out, in, h·w]
		out, in, taps := p.Shape[0], p.Shape[1], p.Shape[2]*p.Shape[3]
		for k := range taps {
			for i := range in {
				for o := range out {
					dst[(o*in+i)*taps+k] = at(data, (k*in+i)*out+o)
				}
			}
		}
	case convert.Depthwise:
		transpose(dst, data, at, p.Shape[2]*p.Shape[3], p.Shape[0])
	case convert.Dense:
		transpose(dst, data, at, p.Shape[1], p.Shape[0])
	default:
		transpose(dst, data, at, 1, len(dst))
	}
	return t
}

// transpose stores the rows×columns matrix in data as columns×rows.
func transpose(dst []float32, data []byte, at func([]byte, int) float32, rows, columns int) {
	for r := range rows {
		for c := range columns {
			dst[c*rows+r] = at(data, r*columns+c)
		}
	}
}
