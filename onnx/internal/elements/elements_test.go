package elements_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
	"google.golang.org/protobuf/proto"
)

func TestPackingIsItsOwnInverse(t *testing.T) {
	for _, d := range []tensor.DType{tensor.Uint4, tensor.Int4, tensor.Float4E2M1, tensor.Uint2, tensor.Int2, tensor.Float6E2M3, tensor.Uint8, tensor.Int8} {
		for n := range 20 {
			x := tensor.New(d, n)
			for i := range n {
				e := uint8(i*37) & (1<<d.Bits() - 1)
				switch data := x.Data.(type) {
				case []uint8:
					data[i] = e
				case []int8:
					data[i] = int8(e<<(8-d.Bits())) >> (8 - d.Bits())
				}
			}
			got, err := onnx.New(nil).Tensor(onnx.NewTensor("x", x))
			if err != nil || !cmp.Equal(got.Data, x.Data) {
				t.Errorf("%s[%d]: %v, want %v (error %v)", d, n, got, x.Data, err)
			}
		}
	}
}

func TestMalformedTensors(t *testing.T) {
	const big = math.MaxInt64
	for _, c := range []struct {
		name string
		t    *onnxpb.TensorProto
		want string
	}{
		{"undefined", &onnxpb.TensorProto{}, "data_type: element type 0, allowed 1 to 28"},
		{"future", &onnxpb.TensorProto{DataType: proto.Int32(29)}, "data_type: element type 29"},
		{"overflow", &onnxpb.TensorProto{DataType: proto.Int32(1), Dims: []int64{1 << 32, 1 << 32}}, "dims: dimensions overflow"},
		{"wraps to 4", &onnxpb.TensorProto{DataType: proto.Int32(1), Dims: []int64{4194305, 4194305, 211106198978564}, RawData: make([]byte, 16)}, "dims: dimensions overflow"},
		{"bits overflow", &onnxpb.TensorProto{DataType: proto.Int32(11), Dims: []int64{big}}, "dims:"},
		{"2-bit giant", &onnxpb.TensorProto{DataType: proto.Int32(25), Dims: []int64{3 << 30}}, "dims: 3221225472 elements of uint2 take 3221225472 bytes"},
		{"string giant", &onnxpb.TensorProto{DataType: proto.Int32(8), Dims: []int64{1 << 60}}, "dims:"},
		{"rank", &onnxpb.TensorProto{DataType: proto.Int32(1), Dims: make([]int64, 70_000)}, "dims: rank 70000, allowed at most 64"},
		{"surplus", &onnxpb.TensorProto{DataType: proto.Int32(1), Dims: []int64{4}, RawData: make([]byte, 17)}, "raw_data: 17 bytes, allowed 16 for float32 [4]"},
		{"no data", &onnxpb.TensorProto{DataType: proto.Int32(1), Dims: []int64{4}}, "float_data: 0 values, allowed 4"},
		{"wrong field", &onnxpb.TensorProto{DataType: proto.Int32(1), Dims: []int64{1}, Int64Data: []int64{1}}, "int64_data: filled, allowed for float32 is raw_data or float_data"},
		{"half a complex", &onnxpb.TensorProto{DataType: proto.Int32(14), Dims: []int64{2}, FloatData: []float32{1, 2, 3}}, "float_data: 3 values, allowed 4"},
		{"int8 range", &onnxpb.TensorProto{DataType: proto.Int32(3), Dims: []int64{1}, Int32Data: []int32{200}}, "int32_data: value 0 is 200, allowed -128 to 127"},
		{"float6 range", &onnxpb.TensorProto{DataType: proto.Int32(27), Dims: []int64{1}, Int32Data: []int32{64}}, "int32_data: value 0 is 64, allowed 0 to 63"},
		{"uint32 range", &onnxpb.TensorProto{DataType: proto.Int32(12), Dims: []int64{1}, Uint64Data: []uint64{1 << 32}}, "uint64_data: value 0 is 4294967296"},
		{"bool", &onnxpb.TensorProto{DataType: proto.Int32(9), Dims: []int64{2}, RawData: []byte{1, 2}}, "raw_data: element 1 is 2, allowed for bool 0 or 1"},
		{"segment", &onnxpb.TensorProto{DataType: proto.Int32(1), Segment: &onnxpb.TensorProto_Segment{}}, "unsupported"},
	} {
		_, err := onnx.New(nil).Tensor(c.t)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
	// An empty tensor may have a dimension of any size beside the zero.
	got, err := onnx.New(nil).Tensor(&onnxpb.TensorProto{DataType: proto.Int32(1), Dims: []int64{0, big}})
	if err != nil || got.Elements() != 0 {
		t.Errorf("[0,2^63-1]: %v, error %v", got, err)
	}
	m := within(t, model(graph("x", "x")), limit.Limits{TensorBytes: 15})
	_, err = m.Tensor(onnx.NewTensor("w", tensor.New(tensor.Float32, 4)))
	wantError(t, err, `tensor "w" dims: 4 elements of float32 take 16 bytes, allowed 15`)
}
