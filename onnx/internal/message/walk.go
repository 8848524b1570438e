package message

import (
	"iter"

	"github.com/mixconv/mixconv/onnx/onnxpb"
)

// Subgraphs yields the graphs in n's attributes.
func Subgraphs(n *onnxpb.NodeProto) iter.Seq[*onnxpb.GraphProto] {
	return func(yield func(*onnxpb.GraphProto) bool) {
		for _, a := range n.GetAttribute() {
			for _, g := range AttributeGraphs(a) {
				if !yield(g) {
					return
				}
			}
		}
	}
}

// AttributeGraphs returns the graphs that a holds.
func AttributeGraphs(a *onnxpb.AttributeProto) []*onnxpb.GraphProto {
	if g := a.GetG(); g != nil {
		return append([]*onnxpb.GraphProto{g}, a.GetGraphs()...)
	}
	return a.GetGraphs()
}

// Declared yields the names that g has before any of its nodes: those of its inputs and
// initializers, one that is both twice.
func Declared(g *onnxpb.GraphProto) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, v := range g.GetInput() {
			if !yield(v.GetName()) {
				return
			}
		}
		for _, t := range g.GetInitializer() {
			if !yield(t.GetName()) {
				return
			}
		}
		for _, t := range g.GetSparseInitializer() {
			if !yield(t.GetValues().GetName()) {
				return
			}
		}
	}
}

// EachNode calls visit with the given nodes and all that are in their
// subgraphs, however deep, each node before what is inside it.
func EachNode(nodes []*onnxpb.NodeProto, visit func(*onnxpb.NodeProto)) {
	pending := [][]*onnxpb.NodeProto{nodes}
	for len(pending) > 0 {
		last := len(pending) - 1
		if len(pending[last]) == 0 {
			pending = pending[:last]
			continue
		}
		n := pending[last][0]
		pending[last] = pending[last][1:]
		visit(n)
		for g := range Subgraphs(n) {
			pending = append(pending, g.GetNode())
		}
	}
}

// EachBodyNode calls visit with every node of f's body and of the graphs in its
// defaults.
func EachBodyNode(f *onnxpb.FunctionProto, visit func(*onnxpb.NodeProto)) {
	EachNode(f.GetNode(), visit)
	for _, a := range f.GetAttributeProto() {
		for _, g := range AttributeGraphs(a) {
			EachNode(g.GetNode(), visit)
		}
	}
}

// Graphs returns the model's own graphs: the main one and those of training.
func Graphs(p *onnxpb.ModelProto) []*onnxpb.GraphProto {
	var all []*onnxpb.GraphProto
	add := func(g *onnxpb.GraphProto) {
		if g != nil {
			all = append(all, g)
		}
	}
	add(p.GetGraph())
	for _, t := range p.GetTrainingInfo() {
		add(t.GetInitialization())
		add(t.GetAlgorithm())
	}
	return all
}

// EachTensor calls visit with every tensor of the model until one call fails.
func EachTensor(p *onnxpb.ModelProto, visit func(*onnxpb.TensorProto) error) (err error) {
	one := func(tp *onnxpb.TensorProto) {
		if err == nil && tp != nil {
			err = visit(tp)
		}
	}
	sparse := func(s *onnxpb.SparseTensorProto) {
		one(s.GetValues())
		one(s.GetIndices())
	}
	attr := func(a *onnxpb.AttributeProto) {
		one(a.GetT())
		for _, t := range a.GetTensors() {
			one(t)
		}
		sparse(a.GetSparseTensor())
		for _, s := range a.GetSparseTensors() {
			sparse(s)
		}
	}
	initializers := func(g *onnxpb.GraphProto) {
		for _, t := range g.GetInitializer() {
			one(t)
		}
		for _, s := range g.GetSparseInitializer() {
			sparse(s)
		}
	}
	node := func(n *onnxpb.NodeProto) {
		for _, a := range n.GetAttribute() {
			attr(a)
		}
		for g := range Subgraphs(n) {
			initializers(g)
		}
	}
	for _, g := range Graphs(p) {
		initializers(g)
		EachNode(g.GetNode(), node)
	}
	for _, f := range p.GetFunctions() {
		// The defaults are walked as if a node had them.
		EachNode([]*onnxpb.NodeProto{{Attribute: f.GetAttributeProto()}}, node)
		EachNode(f.GetNode(), node)
	}
	return err
}
