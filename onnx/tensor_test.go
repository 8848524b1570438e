package onnx_test

import (
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/check"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
	"google.golang.org/protobuf/proto"
)

// dtypeElements are the elements of testdata/dtypes.onnx, by type, in the Go
// type that tensor.Tensor holds them in.
var dtypeElements = map[tensor.DType]any{
	tensor.Float32:        []float32{0, 1, -1, 0.5, 3},
	tensor.Float64:        []float64{0, 1, -1, 0.5, 3},
	tensor.Float16:        []uint16{0, 0x3c00, 0xbc00, 0x3800, 0x4200},
	tensor.BFloat16:       []uint16{0, 0x3f80, 0xbf80, 0x3f00, 0x4040},
	tensor.Uint8:          []uint8{0, 1, 2, 3, 1},
	tensor.Uint16:         []uint16{0, 1, 2, 3, 1},
	tensor.Uint32:         []uint32{0, 1, 2, 3, 1},
	tensor.Uint64:         []uint64{0, 1, 2, 3, 1},
	tensor.Int8:           []int8{0, 1, -2, -1, 1},
	tensor.Int16:          []int16{0, 1, -2, -1, 1},
	tensor.Int32:          []int32{0, 1, -2, -1, 1},
	tensor.Int64:          []int64{0, 1, -2, -1, 1},
	tensor.String:         []string{"", "a", "é", "b c", "d"},
	tensor.Bool:           []bool{false, true, true, false, true},
	tensor.Complex64:      []complex64{0, 1 + 2i, complex(float32(math.Copysign(0, -1)), -3), 4, 5},
	tensor.Complex128:     []complex128{0, 1 + 2i, complex(math.Copysign(0, -1), -3), 4, 5},
	tensor.Float8E4M3FN:   []uint8{0, 0x38, 0xb8, 0x30, 0x44},
	tensor.Float8E4M3FNUZ: []uint8{0, 0x40, 0xc0, 0x38, 0x4c},
	tensor.Float8E5M2:     []uint8{0, 0x3c, 0xbc, 0x38, 0x42},
	tensor.Float8E5M2FNUZ: []uint8{0, 0x40, 0xc0, 0x3c, 0x46},
	tensor.Float8E8M0:     []uint8{0x7f, 0x80, 0x81, 0x7e, 0x7f},
	tensor.Uint4:          []uint8{0, 1, 2, 3, 1},
	tensor.Int4:           []int8{0, 1, -2, -1, 1},
	tensor.Float4E2M1:     []uint8{0, 2, 0xa, 1, 5},
	tensor.Uint2:          []uint8{0, 1, 2, 3, 1},
	tensor.Int2:           []int8{0, 1, -2, -1, 1},
	tensor.Float6E2M3:     []uint8{0, 8, 40, 4, 20},
	tensor.Float6E3M2:     []uint8{0, 12, 44, 8, 18},
}

// The file was written by the onnx package, every type in its typed field and
// in raw_data; here the raw ones are read from an external file as well.
func TestEveryTypeInEveryPlace(t *testing.T) {
	m, err := onnx.ReadFile("testdata/dtypes.onnx", noLimits)
	if err != nil {
		t.Fatal(err)
	}
	if err := check.Model(m); err != nil {
		t.Fatal(err)
	}
	seen := map[tensor.DType]int{}
	for _, tp := range m.Proto.Graph.Initializer {
		got, err := m.Tensor(tp)
		if err != nil {
			t.Error(err)
			continue
		}
		seen[got.DType]++
		if !sameElements(got, dtypeElements[got.DType]) {
			t.Errorf("%s: %v, want %v", tp.GetName(), got.Data, dtypeElements[got.DType])
		}
		again := onnx.NewTensor(tp.GetName(), got)
		if tp.RawData != nil && !proto.Equal(again, tp) {
			t.Errorf("NewTensor gives\n%v, the onnx package\n%v", again, tp)
		}
		if got.DType != tensor.String {
			testExternal(t, again, got)
		}
	}
	if len(seen) != len(dtypeElements) || len(seen) != 28 {
		t.Errorf("%d types in the file, %d in the table, 28 in ONNX", len(seen), len(dtypeElements))
	}
}

func sameElements(got *tensor.Tensor, want any) bool {
	return cmp.Equal(got.Data, want) && got.Shape.Equal(tensor.Shape{5}) &&
		string(onnx.NewTensor("", got).RawData) == string(onnx.NewTensor("", &tensor.Tensor{DType: got.DType, Shape: got.Shape, Data: want}).RawData)
}

// testExternal moves tp's raw data behind 3 other bytes of a file.
func testExternal(t *testing.T, tp *onnxpb.TensorProto, want *tensor.Tensor) {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "w.bin"), "abc"+string(tp.RawData)+"def")
	tp = externalTensor(tp, "location=w.bin", "offset=3", "length="+strconv.Itoa(len(tp.RawData)))
	m := writeModel(t, filepath.Join(dir, "m.onnx"), tp)
	got, err := m.Tensor(m.Proto.Graph.Initializer[0])
	if err != nil {
		t.Error(err)
		return
	}
	if !cmp.Equal(got.Data, want.Data) {
		t.Errorf("%s external: %v, want %v", got.DType, got.Data, want.Data)
	}
	if files := m.DataFiles(); len(files) != 1 || files[0] != filepath.Join(dir, "w.bin") {
		t.Errorf("data files %q", files)
	}
	if err := m.EmbedData(); err != nil || len(m.DataFiles()) > 0 {
		t.Errorf("data files %q, error %v", m.DataFiles(), err)
	}
	if got, err = onnx.New(m.Proto).Tensor(m.Proto.Graph.Initializer[0]); err != nil || !cmp.Equal(got.Data, want.Data) {
		t.Errorf("%s embedded: %v, error %v", want.DType, got, err)
	}
}

func writeFile(t testing.TB, path, data string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
}

// writeModel writes a model with these initializers and reads it again.
func writeModel(t testing.TB, path string, initializers ...*onnxpb.TensorProto) *onnx.Model {
	t.Helper()
	writeFile(t, path, string(encode(t, model(graphWith(initializers...)))))
	m, err := onnx.ReadFile(path, noLimits)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

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

func TestScalarAndEmptyTensors(t *testing.T) {
	for _, shape := range [][]int{{}, {0}, {3, 0, 2}, {1}} {
		want := tensor.New(tensor.Float32, shape...)
		got, err := onnx.New(nil).Tensor(onnx.NewTensor("x", want))
		if err != nil || !got.Shape.Equal(want.Shape) || !cmp.Equal(got.Data, want.Data) {
			t.Errorf("shape %v: %v, error %v", shape, got, err)
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

// TestNewTensorOfWrong: what a caller put together wrong is an error of
// checking the model, never a panic.
func TestNewTensorOfWrong(t *testing.T) {
	for name, wrong := range map[string]*tensor.Tensor{
		"none":          nil,
		"zero value":    {},
		"no data":       {DType: tensor.Float32, Shape: tensor.Shape{2}},
		"short":         {DType: tensor.Float32, Shape: tensor.Shape{2}, Data: []float32{1}},
		"short bytes":   {DType: tensor.Uint8, Shape: tensor.Shape{2}, Data: []uint8{1}},
		"short strings": {DType: tensor.String, Shape: tensor.Shape{2}, Data: []string{"a"}},
		"other type":    {DType: tensor.Int32, Shape: tensor.Shape{2}, Data: []int{1, 2}},
		"negative":      {DType: tensor.Float32, Shape: tensor.Shape{-2}, Data: []float32{1, 2}},
		"sequence":      tensor.SequenceOf(tensor.Float32, tensor.New(tensor.Float32, 2)),
	} {
		g := graph("x", "y", node("Identity", "x", "y"))
		g.Initializer = append(g.Initializer, onnx.NewTensor("w", wrong))
		if err := check.Model(model(g)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
