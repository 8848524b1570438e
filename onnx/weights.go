package onnx

import (
	"iter"

	"github.com/mixconv/mixconv/onnx/internal/message"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
	"google.golang.org/protobuf/proto"
)

// Weights yields what the model stores as constants: initializers, the values of
// sparse ones, and what Constant nodes hold, of the graph, of those in attributes
// and of functions, each once. Numbers in a Constant's list come as a tensor that
// has a type and a shape alone.
func (m *Model) Weights() iter.Seq[*onnxpb.TensorProto] {
	return func(yield func(*onnxpb.TensorProto) bool) {
		w := weights{yield: yield}
		p := m.Proto
		w.graph(p.GetGraph())
		for _, f := range p.GetFunctions() {
			message.EachBodyNode(f, w.node)
			for _, a := range f.GetAttributeProto() {
				for _, g := range message.AttributeGraphs(a) {
					w.initializers(g)
				}
			}
		}
	}
}

type weights struct {
	yield func(*onnxpb.TensorProto) bool
	done  bool
}

func (w *weights) one(t *onnxpb.TensorProto) {
	if t != nil && !w.done {
		w.done = !w.yield(t)
	}
}

func (w *weights) graph(g *onnxpb.GraphProto) {
	w.initializers(g)
	message.EachNode(g.GetNode(), w.node)
}

func (w *weights) initializers(g *onnxpb.GraphProto) {
	for _, t := range g.GetInitializer() {
		w.one(t)
	}
	for _, s := range g.GetSparseInitializer() {
		w.one(s.GetValues())
	}
}

// node yields what n holds itself, not what nodes in its graphs do.
func (w *weights) node(n *onnxpb.NodeProto) {
	for g := range message.Subgraphs(n) {
		w.initializers(g)
	}
	if n.GetOpType() != "Constant" || message.Domain(n.GetDomain()) != "" {
		return
	}
	for _, a := range n.GetAttribute() {
		w.one(a.GetT())
		w.one(a.GetSparseTensor().GetValues())
		switch a.GetName() {
		case "value_float":
			w.one(&onnxpb.TensorProto{DataType: proto.Int32(int32(tensor.Float32))})
		case "value_floats":
			w.one(&onnxpb.TensorProto{DataType: proto.Int32(int32(tensor.Float32)), Dims: []int64{int64(len(a.GetFloats()))}})
		}
	}
}
