package mdconv

import (
	"slices"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/internal/message"
	"github.com/mixconv/mixconv/onnx/onnxpb"
)

// body is a list of nodes under edit: that of the model's graph, of a subgraph
// in an attribute, or of a function.
type body struct {
	model *onnx.Model
	outer *body                 // the graph around a subgraph
	graph *onnxpb.GraphProto    // nil in a function
	fn    *onnxpb.FunctionProto // nil in a graph

	names  map[string]bool                   // all names in the outermost graph or function
	uses   map[string]int                    // how often a value of this body is read, by subgraphs and as an output too
	def    map[string]*onnxpb.NodeProto      // the node that gives a value
	init   map[string]*onnxpb.TensorProto    // initializers
	inputs map[string]*onnxpb.ValueInfoProto // inputs of a graph

	added map[string][]*onnxpb.TensorProto // initializers that settle will put before the one of that name; "": at the end
}

// eachBody calls edit for the model's graph and every subgraph, outer before
// inner, then for every function, and adds up what it returns.
func eachBody(m *onnx.Model, edit func(*body) (int, error)) (int, error) {
	total := 0
	count := func(b *body) error {
		n, err := edit(b)
		total += n
		return err
	}
	if g := m.Proto.GetGraph(); g != nil {
		b := &body{model: m, graph: g, names: map[string]bool{}}
		collectNames(b.names, g)
		if err := b.visit(count); err != nil {
			return 0, err
		}
	}
	for _, fn := range m.Proto.GetFunctions() {
		b := &body{model: m, fn: fn, names: map[string]bool{}}
		for _, name := range fn.GetInput() {
			b.names[name] = true
		}
		collectNodeNames(b.names, fn.GetNode())
		if err := b.visit(count); err != nil {
			return 0, err
		}
	}
	return total, nil
}

func (b *body) visit(edit func(*body) error) error {
	b.index()
	if err := edit(b); err != nil {
		return err
	}
	for _, n := range b.nodes() {
		for g := range message.Subgraphs(n) {
			inner := &body{model: b.model, outer: b, graph: g, names: b.names}
			if err := inner.visit(edit); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *body) nodes() []*onnxpb.NodeProto {
	if b.fn != nil {
		return b.fn.GetNode()
	}
	return b.graph.GetNode()
}

func (b *body) setNodes(nodes []*onnxpb.NodeProto) {
	if b.fn != nil {
		b.fn.Node = nodes
	} else {
		b.graph.Node = nodes
	}
}

// opset is the version of ONNX's own operators in force.
func (b *body) opset() int64 {
	if b.fn != nil {
		return ownOpset(b.fn)
	}
	version, _ := b.model.Opset("")
	return version
}

func (b *body) index() {
	b.def = map[string]*onnxpb.NodeProto{}
	for _, n := range b.nodes() {
		for _, name := range n.GetOutput() {
			b.def[name] = n
		}
	}
	delete(b.def, "") // an output that is left out
	b.init = map[string]*onnxpb.TensorProto{}
	for _, t := range b.graph.GetInitializer() {
		b.init[t.GetName()] = t
	}
	b.inputs = map[string]*onnxpb.ValueInfoProto{}
	for _, v := range b.graph.GetInput() {
		b.inputs[v.GetName()] = v
	}
	b.added = map[string][]*onnxpb.TensorProto{}
	b.countUses()
}

func (b *body) countUses() {
	b.uses = map[string]int{}
	countReads(b.uses, b.nodes())
	for _, v := range b.graph.GetOutput() {
		b.uses[v.GetName()]++
	}
	for _, name := range b.fn.GetOutput() {
		b.uses[name]++
	}
}

// countReads counts the inputs of nodes and of their subgraphs. Counting a
// subgraph's own values along does no harm: it only keeps a value of the same
// name from being taken for one that is read once.
func countReads(uses map[string]int, nodes []*onnxpb.NodeProto) {
	for _, n := range nodes {
		for _, name := range n.GetInput() {
			uses[name]++
		}
		for g := range message.Subgraphs(n) {
			countReads(uses, g.GetNode())
			for _, v := range g.GetOutput() {
				uses[v.GetName()]++
			}
		}
	}
}

func collectNames(names map[string]bool, g *onnxpb.GraphProto) {
	for name := range message.Declared(g) {
		names[name] = true
	}
	collectNodeNames(names, g.GetNode())
}

func collectNodeNames(names map[string]bool, nodes []*onnxpb.NodeProto) {
	for _, n := range nodes {
		names[n.GetName()] = true
		for _, name := range n.GetOutput() {
			names[name] = true
		}
		for g := range message.Subgraphs(n) {
			collectNames(names, g)
		}
	}
}

// fresh returns name, or name with a number after it, so that nothing else is
// called that.
func (b *body) fresh(name string) string {
	unique := name
	for i := 1; unique == "" || b.names[unique]; i++ {
		unique = indexed(name+"_", i)
	}
	b.names[unique] = true
	return unique
}

// add adds an initializer, before the one of that name if there is such a one.
func (b *body) add(t *onnxpb.TensorProto, before string) {
	if b.init[before] == nil {
		before = ""
	}
	b.added[before] = append(b.added[before], t)
}

// settle makes nodes those of the body, puts in the initializers that were
// added, and takes the orphans' value_info, initializers and Constants away
// where nothing reads them any more.
func (b *body) settle(nodes []*onnxpb.NodeProto, orphans map[string]bool) {
	b.setNodes(nodes)
	b.countUses()
	gone := func(name string) bool { return orphans[name] && b.uses[name] == 0 && b.inputs[name] == nil }
	b.setNodes(slices.DeleteFunc(nodes, func(n *onnxpb.NodeProto) bool {
		return isOp(n, "Constant") && len(n.GetOutput()) == 1 && gone(n.Output[0])
	}))
	isGone := func(v *onnxpb.ValueInfoProto) bool { return gone(v.GetName()) }
	if b.fn != nil {
		b.fn.ValueInfo = slices.DeleteFunc(b.fn.ValueInfo, isGone)
		return
	}
	b.graph.ValueInfo = slices.DeleteFunc(b.graph.ValueInfo, isGone)
	var inits []*onnxpb.TensorProto
	for _, t := range b.graph.Initializer {
		inits = append(inits, b.added[t.GetName()]...)
		if !gone(t.GetName()) {
			inits = append(inits, t)
		}
	}
	b.graph.Initializer = append(inits, b.added[""]...)
}

// isOp reports whether n is that operator of ONNX's own domain.
func isOp(n *onnxpb.NodeProto, op string) bool {
	return n.GetOpType() == op && message.Domain(n.GetDomain()) == ""
}
