package mdconv

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/check"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
	"google.golang.org/protobuf/proto"
)

// splitModel returns a model with one split form: 16 channels in parts of 6, 5
// and 5, kernels of 3, 5 and 7, stride 2, explicit pads, constant biases.
func splitModel() *onnx.Model {
	g := &onnxpb.GraphProto{
		Name:   proto.String("g"),
		Input:  []*onnxpb.ValueInfoProto{picture("x", 16)},
		Output: []*onnxpb.ValueInfoProto{picture("y", 16)},
		Initializer: []*onnxpb.TensorProto{
			onnx.NewTensor("sizes", tensor.Of([]int64{6, 5, 5}, 3)),
		},
	}
	g.Node = append(g.Node, node("Split", []string{"x", "sizes"}, numbered("x", 3), onnx.IntAttr("axis", 1)))
	s := spec3()
	for i, channels := range s.Split {
		k := 3 + 2*i
		w, b := indexed("w", i), indexed("b_", i)
		g.Initializer = append(g.Initializer,
			onnx.NewTensor(w, tensor.New(tensor.Float32, channels, 1, k, k)),
			onnx.NewTensor(b, tensor.Of([]float32{0, 1, 2, 3, 4, 5}[:channels], channels)))
		g.Node = append(g.Node, node("Conv", []string{indexed("x", i), w, b}, []string{indexed("y", i)}, specAttrs(s, i)...))
	}
	g.Node = append(g.Node, node("Concat", numbered("y", 3), []string{"y"}, onnx.IntAttr("axis", 1)))
	return onnx.New(&onnxpb.ModelProto{
		IrVersion:   proto.Int64(7),
		OpsetImport: []*onnxpb.OperatorSetIdProto{{Version: proto.Int64(17)}},
		Graph:       g,
	})
}

func picture(name string, channels int64) *onnxpb.ValueInfoProto {
	dims := make([]*onnxpb.TensorShapeProto_Dimension, 4)
	for i, n := range []int64{1, channels, 9, 9} {
		dims[i] = &onnxpb.TensorShapeProto_Dimension{Value: &onnxpb.TensorShapeProto_Dimension_DimValue{DimValue: n}}
	}
	return &onnxpb.ValueInfoProto{Name: proto.String(name), Type: &onnxpb.TypeProto{Value: &onnxpb.TypeProto_TensorType{
		TensorType: &onnxpb.TypeProto_Tensor{ElemType: proto.Int32(1), Shape: &onnxpb.TensorShapeProto{Dim: dims}},
	}}}
}

// The nodes of splitModel.
const (
	splitNode  = 0
	firstConv  = 1
	concatNode = 4
)

func setAttr(n *onnxpb.NodeProto, a *onnxpb.AttributeProto) {
	dropAttr(n, a.GetName())
	n.Attribute = append(n.Attribute, a)
}

func dropAttr(n *onnxpb.NodeProto, name string) {
	n.Attribute = slices.DeleteFunc(n.Attribute, func(a *onnxpb.AttributeProto) bool { return a.GetName() == name })
}

func eachConv(g *onnxpb.GraphProto, change func(i int, n *onnxpb.NodeProto)) {
	for i := range 3 {
		change(i, g.Node[firstConv+i])
	}
}

func mustFuse(t *testing.T, m *onnx.Model, want int) {
	t.Helper()
	if err := check.Model(m); err != nil {
		t.Fatalf("before: %v", err)
	}
	before := proto.CloneOf(m.Proto)
	n, err := Fuse(m)
	if err != nil || n != want {
		t.Fatalf("%d fused, %v, want %d", n, err, want)
	}
	if n == 0 && !proto.Equal(before, m.Proto) {
		t.Error("changed without fusing anything")
	}
	if err := check.Model(m); err != nil {
		t.Errorf("after: %v", err)
	}
	if err := Check(m); err != nil {
		t.Errorf("after: %v", err)
	}
}

// TestFuseVariants: however the split form is written, the node says the same.
func TestFuseVariants(t *testing.T) {
	for name, c := range map[string]struct {
		write func(g *onnxpb.GraphProto)
		want  func(s *Spec)
	}{
		"plain": {func(*onnxpb.GraphProto) {}, func(*Spec) {}},
		"sizes as a Constant list": {func(g *onnxpb.GraphProto) {
			g.Initializer = g.Initializer[1:]
			g.Node = append([]*onnxpb.NodeProto{node("Constant", nil, []string{"sizes"}, onnx.IntsAttr("value_ints", []int64{6, 5, 5}))}, g.Node...)
		}, func(*Spec) {}},
		"sizes as a Constant tensor": {func(g *onnxpb.GraphProto) {
			c := node("Constant", nil, []string{"sizes"}, onnx.TensorAttr("value", g.Initializer[0]))
			g.Initializer, g.Node = g.Initializer[1:], append([]*onnxpb.NodeProto{c}, g.Node...)
		}, func(*Spec) {}},
		"axis counted from the end": {func(g *onnxpb.GraphProto) {
			setAttr(g.Node[splitNode], onnx.IntAttr("axis", -3))
			setAttr(g.Node[concatNode], onnx.IntAttr("axis", -3))
		}, func(*Spec) {}},
		"kernel_shape, no dilations": {func(g *onnxpb.GraphProto) {
			eachConv(g, func(i int, n *onnxpb.NodeProto) {
				dropAttr(n, "dilations")
				setAttr(n, onnx.IntsAttr("kernel_shape", []int64{int64(3 + 2*i), int64(3 + 2*i)}))
			})
		}, func(*Spec) {}},
		"VALID, no strides": {func(g *onnxpb.GraphProto) {
			eachConv(g, func(_ int, n *onnxpb.NodeProto) {
				dropAttr(n, "pads")
				dropAttr(n, "strides")
				setAttr(n, onnx.StringAttr("auto_pad", "VALID"))
			})
		}, func(s *Spec) { s.Strides, s.Pads = [2]int{1, 1}, make([][4]int, 3) }},
		"SAME_LOWER at stride 1, dilated": {func(g *onnxpb.GraphProto) {
			eachConv(g, func(_ int, n *onnxpb.NodeProto) {
				dropAttr(n, "pads")
				setAttr(n, onnx.IntsAttr("strides", []int64{1, 1}))
				setAttr(n, onnx.IntsAttr("dilations", []int64{1, 2}))
				setAttr(n, onnx.StringAttr("auto_pad", "SAME_LOWER"))
			})
		}, func(s *Spec) {
			s.Strides = [2]int{1, 1}
			s.Pads = [][4]int{{1, 2, 1, 2}, {2, 4, 2, 4}, {3, 6, 3, 6}}
			s.Dilations = [][2]int{{1, 2}, {1, 2}, {1, 2}}
		}},
		"SAME_UPPER at stride 2": {func(g *onnxpb.GraphProto) {
			eachConv(g, func(_ int, n *onnxpb.NodeProto) {
				dropAttr(n, "pads")
				setAttr(n, onnx.StringAttr("auto_pad", "SAME_UPPER"))
			})
		}, func(s *Spec) { s.Same, s.Pads, s.Dilations = true, nil, nil }},
	} {
		t.Run(name, func(t *testing.T) {
			m, want := splitModel(), spec3()
			c.write(m.Proto.Graph)
			c.want(&want)
			mustFuse(t, m, 1)
			if len(m.Proto.Graph.Node) != 1 {
				t.Fatalf("%d nodes, want 1", len(m.Proto.Graph.Node))
			}
			n := m.Proto.Graph.Node[0]
			got, err := ParseNode(n, 3, want.Same)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%+v, %v, want %+v", got, err, want)
			}
			if want := []string{"x", "w0", "w1", "w2", "b"}; !slices.Equal(n.Input, want) {
				t.Errorf("inputs %v, want %v", n.Input, want)
			}
			if got := initializerNames(m); !slices.Equal(got, []string{"w0", "b", "w1", "w2"}) {
				t.Errorf("initializers %v", got)
			}
			if m.Proto.GetIrVersion() != MinIR {
				t.Errorf("IR version %d, want %d", m.Proto.GetIrVersion(), MinIR)
			}
		})
	}
}

func initializerNames(m *onnx.Model) []string {
	var names []string
	for _, t := range m.Proto.Graph.Initializer {
		names = append(names, t.GetName())
	}
	return names
}

func TestFuseBiases(t *testing.T) {
	for name, c := range map[string]struct {
		write func(g *onnxpb.GraphProto)
		want  []float32 // nil: not constant
	}{
		"all":  {func(*onnxpb.GraphProto) {}, []float32{0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4}},
		"none": {func(g *onnxpb.GraphProto) { eachConv(g, dropBias) }, make([]float32, 16)},
		"one missing": {func(g *onnxpb.GraphProto) { dropBias(1, g.Node[firstConv+1]) },
			[]float32{0, 1, 2, 3, 4, 5, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}},
		"one is an input": {func(g *onnxpb.GraphProto) {
			g.Input = append(g.Input, vector("b_0", 6))
			g.Initializer = slices.Delete(g.Initializer, 2, 3)
			dropBias(1, g.Node[firstConv+1])
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			m := splitModel()
			c.write(m.Proto.Graph)
			for _, b := range []string{"b_0", "b_1", "b_2"} { // what nothing reads is not Fuse's to remove
				if !slices.ContainsFunc(m.Proto.Graph.Node, func(n *onnxpb.NodeProto) bool { return slices.Contains(n.Input, b) }) {
					m.Proto.Graph.Initializer = slices.DeleteFunc(m.Proto.Graph.Initializer,
						func(t *onnxpb.TensorProto) bool { return t.GetName() == b })
				}
			}
			mustFuse(t, m, 1)
			nodes := m.Proto.Graph.Node
			i := slices.IndexFunc(m.Proto.Graph.Initializer, func(t *onnxpb.TensorProto) bool {
				return t.GetName() == bias(nodes[len(nodes)-1])
			})
			if (i >= 0) != (c.want != nil) || i < 0 && (len(nodes) != 2 || !isOp(nodes[0], "Concat")) {
				t.Fatalf("bias %s; nodes %v", bias(nodes[len(nodes)-1]), nodes)
			}
			if i < 0 {
				return
			}
			got, err := m.Tensor(m.Proto.Graph.Initializer[i])
			if err != nil || !slices.Equal(tensor.Data[float32](got), c.want) {
				t.Errorf("bias %v, %v, want %v", got, err, c.want)
			}
		})
	}
}

func dropBias(_ int, n *onnxpb.NodeProto) { n.Input = n.Input[:2] }

func vector(name string, size int64) *onnxpb.ValueInfoProto {
	v := picture(name, size)
	shape := v.Type.GetTensorType().Shape
	shape.Dim = shape.Dim[1:2]
	return v
}

// TestFuseLeavesAlone: what only looks like a split form stays as it is.
func TestFuseLeavesAlone(t *testing.T) {
	for name, write := range map[string]func(g *onnxpb.GraphProto){
		"parts in another order":      func(g *onnxpb.GraphProto) { slices.Reverse(g.Node[concatNode].Input) },
		"concatenated along the rows": func(g *onnxpb.GraphProto) { setAttr(g.Node[concatNode], onnx.IntAttr("axis", 2)) },
		"split along the rows":        func(g *onnxpb.GraphProto) { setAttr(g.Node[splitNode], onnx.IntAttr("axis", 2)) },
		"sizes that an input may set": func(g *onnxpb.GraphProto) { g.Input = append(g.Input, vector("sizes", 3)) },
		"other sizes":                 func(g *onnxpb.GraphProto) { g.Initializer[0] = onnx.NewTensor("sizes", tensor.Of([]int64{5, 5, 6}, 3)) },
		"a part is an output":         func(g *onnxpb.GraphProto) { g.Output = append(g.Output, picture("x1", 5)) },
		"a result is an output":       func(g *onnxpb.GraphProto) { g.Output = append(g.Output, picture("y1", 5)) },
		"a result is read twice":      func(g *onnxpb.GraphProto) { g.Node[concatNode].Input[1] = "y0" },
		"a part is read in a subgraph": func(g *onnxpb.GraphProto) {
			inner := &onnxpb.GraphProto{Name: proto.String("i"), Output: []*onnxpb.ValueInfoProto{picture("z", 5)},
				Node: []*onnxpb.NodeProto{node("Relu", []string{"x1"}, []string{"z"})}}
			g.Node = append(g.Node, node("If", []string{"b_0"}, []string{"if"}, onnx.GraphAttr("then_branch", inner)))
		},
		"not depthwise": func(g *onnxpb.GraphProto) { setAttr(g.Node[firstConv], onnx.IntAttr("group", 1)) },
		"two outputs a channel": func(g *onnxpb.GraphProto) {
			g.Initializer[1] = onnx.NewTensor("w0", tensor.New(tensor.Float32, 12, 1, 3, 3))
		},
		"unequal strides": func(g *onnxpb.GraphProto) { setAttr(g.Node[firstConv], onnx.IntsAttr("strides", []int64{1, 2})) },
		"an oblong kernel": func(g *onnxpb.GraphProto) {
			g.Initializer[1] = onnx.NewTensor("w0", tensor.New(tensor.Float32, 6, 1, 3, 1))
		},
		"one pads by SAME": func(g *onnxpb.GraphProto) {
			dropAttr(g.Node[firstConv], "pads")
			setAttr(g.Node[firstConv], onnx.StringAttr("auto_pad", "SAME_UPPER"))
		},
		"something in between": func(g *onnxpb.GraphProto) {
			g.Node = slices.Insert(g.Node, concatNode, node("Relu", []string{"y1"}, []string{"z1"}))
			g.Node[concatNode+1].Input[1] = "z1"
		},
		"a kernel that is an input": func(g *onnxpb.GraphProto) {
			g.Input, g.Initializer = append(g.Input, picture("w0", 1)), slices.Delete(g.Initializer, 1, 2)
		},
		"a kernel of integers": func(g *onnxpb.GraphProto) {
			g.Initializer[1] = onnx.NewTensor("w0", tensor.New(tensor.Int8, 6, 1, 3, 3))
		},
		"another Concat": func(g *onnxpb.GraphProto) { g.Node[concatNode].Domain = proto.String("com.other") },
	} {
		t.Run(name, func(t *testing.T) {
			m := splitModel()
			m.Proto.OpsetImport = append(m.Proto.OpsetImport, &onnxpb.OperatorSetIdProto{Domain: proto.String("com.other"), Version: proto.Int64(1)})
			write(m.Proto.Graph)
			mustFuse(t, m, 0)
		})
	}
}

// TestFuseRefuses has what Fuse must not pass over in silence.
func TestFuseRefuses(t *testing.T) {
	dilatedSame := func(m *onnx.Model) {
		eachConv(m.Proto.Graph, func(_ int, n *onnxpb.NodeProto) {
			dropAttr(n, "pads")
			setAttr(n, onnx.IntsAttr("dilations", []int64{2, 2}))
			setAttr(n, onnx.StringAttr("auto_pad", "SAME_UPPER"))
		})
	}
	for want, write := range map[string]func(*onnx.Model){
		"MDConv y: dilated, with a stride and auto_pad": dilatedSame,
		"the file has opset 12, MDConv is written at 13": func(m *onnx.Model) {
			m.Proto.OpsetImport[0].Version = proto.Int64(12)
			m.Proto.Graph.Node[splitNode].Input = []string{"x"}
			setAttr(m.Proto.Graph.Node[splitNode], onnx.IntsAttr("split", []int64{6, 5, 5}))
		},
		"version 2, must be 1": func(m *onnx.Model) {
			m.Proto.OpsetImport = append(m.Proto.OpsetImport, &onnxpb.OperatorSetIdProto{Domain: proto.String(Domain), Version: proto.Int64(2)})
		},
		"function MDConv3: the file has another one": func(m *onnx.Model) {
			fn := Function(3, false, 17)
			fn.Node[0].OpType = proto.String("Identity")
			m.Proto.Functions = append(m.Proto.Functions, fn)
		},
	} {
		m := splitModel()
		write(m)
		n, err := Fuse(m)
		if err == nil || n != 0 || !strings.Contains(err.Error(), want) {
			t.Errorf("%d, %v, want %q in it", n, err, want)
		}
	}
	m := splitModel()
	dilatedSame(m)
	var unsupported *errs.UnsupportedError
	if _, err := Fuse(m); !errors.As(err, &unsupported) {
		t.Errorf("%T, want an UnsupportedError", err)
	}
}
