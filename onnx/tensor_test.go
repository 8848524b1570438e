package onnx_test

import (
	"math"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
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

func TestScalarAndEmptyTensors(t *testing.T) {
	for _, shape := range [][]int{{}, {0}, {3, 0, 2}, {1}} {
		want := tensor.New(tensor.Float32, shape...)
		got, err := onnx.New(nil).Tensor(onnx.NewTensor("x", want))
		if err != nil || !got.Shape.Equal(want.Shape) || !cmp.Equal(got.Data, want.Data) {
			t.Errorf("shape %v: %v, error %v", shape, got, err)
		}
	}
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
