package check_test

import (
	"testing"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/check"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
	"google.golang.org/protobuf/proto"
)

// Parts that are wrong in themselves, wherever they stand.

func badTensor() *onnxpb.TensorProto {
	return &onnxpb.TensorProto{DataType: proto.Int32(1), Dims: []int64{-1}}
}

func badSparse() *onnxpb.SparseTensorProto { return &onnxpb.SparseTensorProto{} }

func badType() *onnxpb.TypeProto {
	return &onnxpb.TypeProto{Value: &onnxpb.TypeProto_SparseTensorType{SparseTensorType: &onnxpb.TypeProto_SparseTensor{ElemType: proto.Int32(99)}}}
}

func badGraph() *onnxpb.GraphProto { return graph("", "t", node("Relu", "nowhere", "t")) }

// TestCheckLooksInside: what is wrong is found in every place that may hold it, and the
// error names the place.
func TestCheckLooksInside(t *testing.T) {
	attribute := func(kind onnxpb.AttributeProto_AttributeType, fill func(*onnxpb.AttributeProto)) *onnx.Model {
		a := &onnxpb.AttributeProto{Name: proto.String("a"), Type: kind.Enum()}
		fill(a)
		return model(graph("x", "y", node("Op", "x", "y", a)))
	}
	changed := func(change func(*onnxpb.GraphProto)) *onnx.Model {
		g := graph("x", "y", node("Relu", "x", "y"))
		change(g)
		return model(g)
	}
	withFunction := func(change func(*onnxpb.FunctionProto)) *onnx.Model {
		f := function("f.F", "a", "b", "k", node("Identity", "a", "b"))
		change(f)
		return model(graph("x", "y", node("f.F", "x", "y")), f)
	}
	sparse := func(change func(*onnxpb.SparseTensorProto)) *onnx.Model {
		g := sparseGraph([]int64{1, 2}, nil, 8)
		change(g.SparseInitializer[0])
		return model(g)
	}
	for _, c := range []struct {
		want string
		m    *onnx.Model
	}{
		{"attribute a tensors[0].dims: dimension 0 is -1", attribute(onnxpb.AttributeProto_TENSORS, func(a *onnxpb.AttributeProto) { a.Tensors = []*onnxpb.TensorProto{badTensor()} })},
		{"attribute a sparse_tensors[0]: values or indices are missing", attribute(onnxpb.AttributeProto_SPARSE_TENSORS, func(a *onnxpb.AttributeProto) { a.SparseTensors = []*onnxpb.SparseTensorProto{badSparse()} })},
		{"attribute a sparse_tensor: values or indices are missing", attribute(onnxpb.AttributeProto_SPARSE_TENSOR, func(a *onnxpb.AttributeProto) { a.SparseTensor = badSparse() })},
		{"attribute a type_protos[0].sparse_tensor_type.elem_type: element type 99", attribute(onnxpb.AttributeProto_TYPE_PROTOS, func(a *onnxpb.AttributeProto) { a.TypeProtos = []*onnxpb.TypeProto{badType()} })},
		{"attribute a tp.sparse_tensor_type.elem_type: element type 99", attribute(onnxpb.AttributeProto_TYPE_PROTO, func(a *onnxpb.AttributeProto) { a.Tp = badType() })},
		{"attribute a graphs[0].node[0] Relu: input 0 nowhere is not defined", attribute(onnxpb.AttributeProto_GRAPHS, func(a *onnxpb.AttributeProto) { a.Graphs = []*onnxpb.GraphProto{badGraph()} })},

		{"graph.input[0] \"x\": no type", changed(func(g *onnxpb.GraphProto) { g.Input[0].Type = nil })},
		{"graph.input[0]: graph input without a name", changed(func(g *onnxpb.GraphProto) { g.Input[0].Name = nil })},
		{"graph.output[0]: graph output without a name", changed(func(g *onnxpb.GraphProto) { g.Output[0].Name = nil })},
		{"graph.output[0] \"y\" type.sparse_tensor_type.elem_type: element type 99", changed(func(g *onnxpb.GraphProto) { g.Output[0].Type = badType() })},
		{"graph.value_info[0] \"v\" type.sparse_tensor_type.elem_type: element type 99", changed(func(g *onnxpb.GraphProto) {
			g.ValueInfo = []*onnxpb.ValueInfoProto{{Name: proto.String("v"), Type: badType()}}
		})},
		{"graph.sparse_initializer[0]: initializer without a name", sparse(func(s *onnxpb.SparseTensorProto) { s.Values.Name = nil })},

		{"functions[0]: function without a name", withFunction(func(f *onnxpb.FunctionProto) { f.Name = nil })},
		{"functions[0] \"F\" opset_import", withFunction(func(f *onnxpb.FunctionProto) { f.OpsetImport = nil })},
		{"functions[0] \"F\" input[1] \"a\": name a is taken", withFunction(func(f *onnxpb.FunctionProto) { f.Input = []string{"a", "a"} })},
		{"functions[0] \"F\" output[1] \"b\": given twice", withFunction(func(f *onnxpb.FunctionProto) { f.Output = []string{"b", "b"} })},
		{"functions[0] \"F\" attribute k: empty or given twice", withFunction(func(f *onnxpb.FunctionProto) { f.Attribute = []string{"k", "k"} })},
		{"functions[0] \"F\" attribute_proto d: ref_attr_name in a default, allowed is a value", withFunction(func(f *onnxpb.FunctionProto) {
			f.AttributeProto = []*onnxpb.AttributeProto{onnx.RefAttr("d", "k", onnxpb.AttributeProto_INT)}
		})},
		{"functions[0] \"F\" attribute_proto d t.dims: dimension 0 is -1", withFunction(func(f *onnxpb.FunctionProto) {
			f.AttributeProto = []*onnxpb.AttributeProto{onnx.TensorAttr("d", badTensor())}
		})},
		{"functions[0] \"F\" node[0] Identity attribute q: i is filled although ref_attr_name is k", withFunction(func(f *onnxpb.FunctionProto) {
			a := onnx.RefAttr("q", "k", onnxpb.AttributeProto_INT)
			a.I = proto.Int64(1)
			f.Node[0].Attribute = []*onnxpb.AttributeProto{a}
		})},

		{"sparse_initializer[0] \"s\" values.dims: dimension 0 is -1", sparse(func(s *onnxpb.SparseTensorProto) { s.Values.Dims = []int64{-1} })},
		{"sparse_initializer[0] \"s\" indices.dims: dimension 0 is -1", sparse(func(s *onnxpb.SparseTensorProto) { s.Indices.Dims = []int64{-1} })},
		{"sparse_initializer[0] \"s\" values.dims: rank 2, allowed 1", sparse(func(s *onnxpb.SparseTensorProto) { s.Values.Dims = []int64{1, 2} })},
		{"sparse_initializer[0] \"s\" indices.data_type: float32, allowed int64", sparse(func(s *onnxpb.SparseTensorProto) { s.Indices = onnx.NewTensor("", tensor.New(tensor.Float32, 2)) })},
		{"sparse_initializer[0] \"s\" indices: external data, allowed are indices in the model itself", sparse(func(s *onnxpb.SparseTensorProto) {
			s.Indices = externalTensor(&onnxpb.TensorProto{DataType: proto.Int32(7), Dims: []int64{2}}, "location=w.bin")
		})},
		{"sparse_initializer[0] \"s\" indices", sparse(func(s *onnxpb.SparseTensorProto) { s.Indices.Int64Data, s.Indices.RawData = []int64{1}, nil })},
	} {
		wantError(t, check.Model(c.m), c.want)
	}
}
