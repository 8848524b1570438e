package check_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/check"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
	"google.golang.org/protobuf/proto"
)

func TestCheckAccepts(t *testing.T) {
	shared := graphWith(onnx.NewTensor("w", tensor.New(tensor.Float32, 2)))
	shared.Input = append(shared.Input, value("w")) // the initializer is its default
	open := graph("x", "y", node("Relu", "x", "y"))
	open.GetInput()[0].GetType().GetTensorType().Shape = &onnxpb.TensorShapeProto{Dim: []*onnxpb.TensorShapeProto_Dimension{
		{Value: &onnxpb.TensorShapeProto_Dimension_DimValue{DimValue: -1}}}}
	for name, m := range map[string]*onnx.Model{
		"plain":                   model(graph("x", "y", node("Relu", "x", "a"), node("Add", "a x", "y"))),
		"absent optional input":   model(graph("x", "y", node("Clip", "x _ _", "y _"))),
		"default of an input":     model(shared),
		"input as output":         model(graph("x", "x")),
		"empty list":              model(graph("x", "y", node("Op", "x", "y", onnx.IntsAttr("axes", nil)))),
		"zero left out":           model(graph("x", "y", node("Op", "x", "y", &onnxpb.AttributeProto{Name: proto.String("axis"), Type: onnxpb.AttributeProto_INT.Enum()}))),
		"long name of ai.onnx":    model(graph("x", "y", node("Relu", "x", "y"), &onnxpb.NodeProto{OpType: proto.String("Relu"), Domain: proto.String("ai.onnx"), Output: []string{"z"}})),
		"same name in siblings":   model(graph("x", "y", branch("x", "a", inner("x", "t")), branch("x", "b", inner("x", "t")), node("Add", "a b", "y"))),
		"name after a subgraph":   model(graph("x", "t", branch("x", "a", inner("x", "t")), node("Relu", "a", "t"))),
		"call":                    model(graph("x", "y", node("f.F", "x", "y", onnx.IntAttr("k", 3))), function("f.F", "a b", "c d", "k", node("Relu", "a", "c"), node("Relu", "a", "d", onnx.RefAttr("q", "k", onnxpb.AttributeProto_INT)))),
		"overloads":               model(graph("x", "y", overloaded(node("f.F", "x", "y"), "2")), overload(identityFunction("f.F"), "1"), overload(identityFunction("f.F"), "2")),
		"open dimension as -1":    model(open),
		"sparse":                  model(sparseGraph([]int64{0, 5}, nil, 2, 4)),
		"sparse with coordinates": model(sparseGraph([]int64{0, 1, 1, 0}, []int64{2, 2}, 2, 4)),
	} {
		if err := check.Model(m); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	attr := func(a *onnxpb.AttributeProto) *onnx.Model {
		return model(graph("x", "y", named("n", node("Op", "x", "y", a))))
	}
	twoTypes := onnx.IntAttr("a", 1)
	twoTypes.F = proto.Float32(1)
	typed := func(elem int32, dims ...int64) *onnx.Model {
		v := value("x")
		tt := v.Type.GetTensorType()
		tt.ElemType, tt.Shape = &elem, &onnxpb.TensorShapeProto{}
		for _, d := range dims {
			tt.Shape.Dim = append(tt.Shape.Dim, &onnxpb.TensorShapeProto_Dimension{Value: &onnxpb.TensorShapeProto_Dimension_DimValue{DimValue: d}})
		}
		g := graph("", "y", node("Relu", "x", "y"))
		g.Input = []*onnxpb.ValueInfoProto{v}
		return model(g)
	}
	imports := func(ids ...*onnxpb.OperatorSetIdProto) *onnx.Model {
		m := model(graph("x", "y", node("Relu", "x", "y")))
		m.Proto.OpsetImport = ids
		return m
	}
	call := func(n *onnxpb.NodeProto, functions ...*onnxpb.FunctionProto) *onnx.Model {
		return model(graph("x", "y", n), functions...)
	}
	metadata := model(graph("x", "y", node("Relu", "x", "y")))
	metadata.Proto.MetadataProps = []*onnxpb.StringStringEntryProto{{Key: proto.String("k")}, {Key: proto.String("k")}}
	f := function("f.F", "a", "b", "k", node("Identity", "a", "b"))
	withDefault := proto.Clone(f).(*onnxpb.FunctionProto)
	withDefault.AttributeProto = []*onnxpb.AttributeProto{onnx.IntAttr("k", 1)}

	for _, c := range []struct {
		want string
		m    *onnx.Model
	}{
		{"ir_version: 0, allowed 3 to 14", onnx.New(nil)},
		{"graph: missing", onnx.New(&onnxpb.ModelProto{IrVersion: proto.Int64(8)})},
		{"opset_import: missing", imports()},
		{"opset_import[1]: domain ai.onnx imported twice, with versions 17 and 7", imports(opsetID("", 17), opsetID("ai.onnx", 7))},
		{"opset_import[0]: version 0 of domain ai.onnx", imports(opsetID("", 0))},
		{"graph.node[0] Relu: domain ai.onnx is not in opset_import", imports(opsetID("x", 1))},
		{`metadata_props[1] "k": key given twice`, metadata},

		{"graph.node[0] Add: input 1 y is the node's own output", model(graph("x", "y", node("Add", "x y", "y")))},
		{`graph.node[0] "first": input 0 c closes a cycle: node[0] "first" ← node[2] "third" ← node[1] "second" ← node[0] "first"`,
			model(graph("x", "c", named("first", node("Relu", "c", "a")), named("second", node("Relu", "a", "b")), named("third", node("Relu", "b", "c"))))},
		{"input 0 feature_1 is not defined (did you mean features_1?)", model(graph("x", "y", node("Relu", "x", "features_1"), node("Relu", "feature_1", "y")))},
		{"graph.output[0] \"yy\": not produced by any node (did you mean y?)", model(graph("x", "yy", node("Relu", "x", "y")))},
		{`graph.output[1] "y": given twice`, model(graph("x", "y y", node("Relu", "x", "y")))},
		{`graph.input[1] "x": name x is taken by graph.input[0] "x"`, model(graph("x x", "y", node("Relu", "x", "y")))},
		{`node[0] Relu: output 0 x is taken by graph.input[0] "x"`, model(graph("x", "x", node("Relu", "x", "x")))},
		{"graph.node[0]: node without an op_type", model(graph("x", "y", node("", "x", "y")))},
		{"graph.node[0] Op: node without inputs and outputs", model(graph("x", "x", node("Op", "", "")))},
		{`input 0 "\x1b[2J\n" is not defined`, model(graph("x", "y", &onnxpb.NodeProto{OpType: proto.String("Relu"), Input: []string{"\x1b[2J\n"}}))},
		{"initializer without a name", model(graphWith(onnx.NewTensor("", tensor.New(tensor.Float32, 1))))},

		{`graph.node[0] "n" attribute a: no type`, attr(&onnxpb.AttributeProto{Name: proto.String("a"), I: proto.Int64(1)})},
		{`graph.node[0] "n" attribute[0]: attribute without a name`, attr(onnx.IntAttr("", 1))},
		{`graph.node[0] "n" attribute a: type INT, but the value is in f, allowed is i`, attr(twoTypes)},
		{`attribute a: type TENSOR, but t is missing`, attr(&onnxpb.AttributeProto{Name: proto.String("a"), Type: onnxpb.AttributeProto_TENSOR.Enum()})},
		{`attribute a: ref_attr_name k outside of a function`, attr(onnx.RefAttr("a", "k", onnxpb.AttributeProto_INT))},
		{`attribute value t.dims: dimension 0 is -1`, attr(onnx.TensorAttr("value", &onnxpb.TensorProto{DataType: proto.Int32(1), Dims: []int64{-1}}))},
		{`attribute g g.node[0] Relu: input 0 x is not defined`,
			model(graph("q", "y", node("If", "q", "y", onnx.GraphAttr("g", inner("x", "t")))))},
		{`attribute then_branch g.node[0] Relu: output 0 x is taken by graph.input[0] "x"`,
			model(graph("x", "y", branch("x", "y", inner("x", "x"))))},
		{"graph.node[1] Relu: input 0 t is not defined", model(graph("x", "y", branch("x", "a", inner("x", "t")), node("Relu", "t", "y")))},
		{"graphs nested more than 16 deep", nested(17)},

		{"graph.input[0] \"x\" type.tensor_type.elem_type: element type 0, allowed 1 to 28", typed(0, 1)},
		{"elem_type: element type 99", typed(99, 1)},
		{"type.tensor_type.shape: dimensions overflow", typed(1, 1<<40, 1<<40)},
		{"type.tensor_type.shape: rank 65", typed(1, make([]int64, 65)...)},
		{`graph.sparse_initializer[0] "s" indices: index 1 is outside of dims [2 4]`, model(sparseGraph([]int64{0, 8}, nil, 2, 4))},
		{`indices: index 1 is outside of dims [8]`, model(sparseGraph([]int64{0, 1 << 40}, nil, 8))},
		{`indices: index 1 does not ascend`, model(sparseGraph([]int64{3, 3}, nil, 8))},
		{`indices.dims: [3], allowed [2] or [2 1]`, model(sparseGraph([]int64{1, 2, 3}, nil, 8))},
		{`dims: dimension 0 is -8`, model(sparseGraph([]int64{1, 2}, nil, -8))},
		{`dims: 1099511627776 elements, allowed`, model(sparseGraph([]int64{1, 2}, nil, 1<<40))},

		{`functions[1] "F": function f.F given twice`, call(node("f.F", "x", "y"), f, f)},
		{"graph.node[0] G: the model has no function f.G, only others", call(node("f.G", "x", "y"), f)},
		{"graph.node[0] F: 2 inputs, the function f.F allows 1", call(node("f.F", "x x", "y"), f)},
		{"graph.node[0] F: 2 outputs, the function f.F allows 1", call(node("f.F", "x", "y z"), f)},
		{"attribute q: the function f.F allows only k", call(node("f.F", "x", "y", onnx.IntAttr("q", 1)), f)},
		{`functions[0] "F" attribute_proto k: empty name or given twice`, call(node("f.F", "x", "y"), withDefault)},
		{`functions[0] "F" node[0] Relu attribute q: ref_attr_name z, allowed are the function's attributes: k`,
			call(node("f.F", "x", "y"), function("f.F", "a", "b", "k", node("Relu", "a", "b", onnx.RefAttr("q", "z", onnxpb.AttributeProto_INT))))},
		{`functions[0] "F" node[0] Relu: input 0 x is not defined`, call(node("f.F", "x", "y"), function("f.F", "a", "b", "", node("Relu", "x", "b")))},
		{`functions[0] "F" output[0] "b": not produced by any node of the body`, call(node("f.F", "x", "y"), function("f.F", "a", "b", ""))},
		{`functions[1] "B": calls itself: f.B → f.C → f.B`, call(node("f.A", "x", "y"),
			function("f.A", "a", "b", "", node("f.B", "a", "b")),
			function("f.B", "a", "b", "", branch("a", "b", graph("", "t", node("f.C", "a", "t")))),
			function("f.C", "a", "b", "", node("f.B", "a", "b")))},
	} {
		wantError(t, check.Model(c.m), c.want)
	}
}

// nested has graphs in graphs, n of them in the outermost one.
func nested(n int) *onnx.Model {
	g := inner("x", "t")
	for i := range n - 1 {
		g = graph("", fmt.Sprint("t", i), branch("x", fmt.Sprint("t", i), g))
	}
	return model(graph("x", "y", branch("x", "y", g)))
}

func TestCheckCountsTensorBytes(t *testing.T) {
	weight := func(name string) *onnxpb.TensorProto {
		return externalTensor(onnx.NewTensor(name, tensor.New(tensor.Float32, 10_000)), "location=w.bin")
	}
	m := within(t, model(graphWith(weight("a"), weight("b"))), limit.Limits{TotalBytes: 79_999})
	wantError(t, check.Model(m), `graph.initializer[1] "b": the tensors up to here take 80000 bytes, allowed 79999`)
}

// Each of these would take seconds in quadratic time.
func TestCheckIsLinear(t *testing.T) {
	const n = 50_000
	var chain []*onnxpb.NodeProto
	var imports []*onnxpb.OperatorSetIdProto
	var attributes []*onnxpb.AttributeProto
	var names []string
	for i := range n {
		chain = append(chain, node("Relu", fmt.Sprint("v", i), fmt.Sprint("v", i+1)))
		imports = append(imports, opsetID(fmt.Sprint("d", i), 1))
		attributes = append(attributes, onnx.RefAttr(fmt.Sprint("a", i), fmt.Sprint("k", i), onnxpb.AttributeProto_INT))
		names = append(names, fmt.Sprint("k", i))
	}
	long := model(graph("v0", fmt.Sprint("v", n), chain...), function("f.F", "a", "b", strings.Join(names, " "), node("Op", "a", "b", attributes...)))
	long.Proto.OpsetImport = append(imports, long.Proto.OpsetImport...)
	late := model(graph("v0", "v1", append([]*onnxpb.NodeProto{node("Relu", "w", "u")}, chain...)...))
	start := time.Now()
	if err := check.Model(long); err != nil {
		t.Error(err)
	}
	wantError(t, check.Model(late), "input 0 w is not defined")
	if d := time.Since(start); d > 3*time.Second {
		t.Errorf("checking %d nodes, imports and attributes takes %v", n, d)
	}
}
