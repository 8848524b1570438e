package runtime_test

import (
	"encoding/binary"
	"io/fs"
	"log"
	"math"
	"strconv"
	"testing/fstest"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/tf"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
	"github.com/mixconv/mixconv/testdata/digits"
	"google.golang.org/protobuf/proto"
)

// The models and pictures of the examples.

// digitsModel is the ONNX file of a small MixNet that reads handwritten digits.
func digitsModel(features bool) []byte {
	model, err := tf.Convert("../testdata/digits", convert.Options{ImageSize: digits.ImageSize, Features: features})
	if err != nil {
		log.Fatal(err)
	}
	file, err := model.Encode()
	if err != nil {
		log.Fatal(err)
	}
	return file
}

// pictures are the first n digits that the MixNet was not trained on, as float32
// [n,3,64,64].
func pictures(n int) *tensor.Tensor {
	set, err := digits.HeldOut()
	if err != nil {
		log.Fatal(err)
	}
	return tensor.Of(tensor.Data[float32](set.Input)[:n*3*digits.ImageSize*digits.ImageSize], n, 3, digits.ImageSize, digits.ImageSize)
}

// smallModel is a file with the nodes op(x, w), of x float32 [rows,2].
func smallModel(weights *onnxpb.TensorProto, nodes ...*onnxpb.NodeProto) []byte {
	value := func(name string) *onnxpb.ValueInfoProto {
		return &onnxpb.ValueInfoProto{Name: proto.String(name), Type: &onnxpb.TypeProto{Value: &onnxpb.TypeProto_TensorType{
			TensorType: &onnxpb.TypeProto_Tensor{ElemType: proto.Int32(int32(tensor.Float32)), Shape: &onnxpb.TensorShapeProto{Dim: []*onnxpb.TensorShapeProto_Dimension{
				{Value: &onnxpb.TensorShapeProto_Dimension_DimParam{DimParam: "rows"}},
				{Value: &onnxpb.TensorShapeProto_Dimension_DimValue{DimValue: 2}},
			}}}}}}
	}
	graph := &onnxpb.GraphProto{Name: proto.String("small"), Input: []*onnxpb.ValueInfoProto{value("x")}, Output: []*onnxpb.ValueInfoProto{value("y")}, Node: nodes}
	if weights != nil {
		graph.Initializer = []*onnxpb.TensorProto{weights}
	}
	file, err := onnx.New(&onnxpb.ModelProto{IrVersion: proto.Int64(8), Graph: graph,
		OpsetImport: []*onnxpb.OperatorSetIdProto{{Version: proto.Int64(17)}}}).Encode()
	if err != nil {
		log.Fatal(err)
	}
	return file
}

func node(op, name, output string, inputs ...string) *onnxpb.NodeProto {
	return &onnxpb.NodeProto{OpType: proto.String(op), Name: proto.String(name), Input: inputs, Output: []string{output}}
}

// folder has a model and, in a file beside it, its weights.
func folder() fs.FS {
	var data []byte
	for _, w := range []float32{1, 2, 3, 4} {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(w))
	}
	entry := func(key, value string) *onnxpb.StringStringEntryProto {
		return &onnxpb.StringStringEntryProto{Key: proto.String(key), Value: proto.String(value)}
	}
	weights := &onnxpb.TensorProto{Name: proto.String("w"), Dims: []int64{2, 2}, DataType: proto.Int32(int32(tensor.Float32)),
		DataLocation: onnxpb.TensorProto_EXTERNAL.Enum(),
		ExternalData: []*onnxpb.StringStringEntryProto{entry("location", "small.data"), entry("length", strconv.Itoa(len(data)))}}
	return fstest.MapFS{
		"models/small.onnx": {Data: smallModel(weights, node("MatMul", "product", "y", "x", "w"))},
		"models/small.data": {Data: data},
	}
}
