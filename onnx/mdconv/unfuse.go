package mdconv

import (
	"slices"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/internal/message"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
)

// splitTakesInput is the opset from which Split has its sizes as an input.
const splitTakesInput = 13

// Unfuse turns every call of a canonical function, in graphs, subgraphs and
// functions, into Split, one Conv per group and Concat, takes the functions
// away, and returns how many calls there were. What calls a function that is
// not canonical stays. On an error m is in between and of no use.
func Unfuse(m *onnx.Model) (n int, err error) {
	funcs := canonicalFunctions(m)
	n, err = eachBody(m, func(b *body) (int, error) { return b.unfuse(funcs) })
	if err != nil {
		return 0, errs.InFile(m.Name(), err)
	}
	dropFunctions(m, funcs)
	return n, nil
}

func canonicalFunctions(m *onnx.Model) map[message.FunctionID]Signature {
	funcs := map[message.FunctionID]Signature{}
	for _, fn := range m.Proto.GetFunctions() {
		if groups, same, ok := Canonical(fn); ok {
			funcs[message.IDOf(fn)] = Signature{groups, same}
		}
	}
	return funcs
}

func (b *body) unfuse(funcs map[message.FunctionID]Signature) (int, error) {
	var nodes []*onnxpb.NodeProto
	orphans := map[string]bool{}
	count := 0
	for i, n := range b.nodes() {
		sig, ok := funcs[message.Callee(n)]
		if !ok {
			nodes = append(nodes, n)
			continue
		}
		s, err := ParseNode(n, sig.Groups, sig.Same)
		if err != nil {
			return 0, errs.Format(place(b, i, n), "%w", err)
		}
		nodes = append(nodes, b.split(n, s)...)
		orphans[bias(n)] = true
		count++
	}
	if count > 0 {
		b.settle(nodes, orphans)
	}
	return count, nil
}

// split returns the nodes of n's split form.
func (b *body) split(n *onnxpb.NodeProto, s Spec) []*onnxpb.NodeProto {
	y := n.Output[0]
	sp := splitter{body: b, base: y, sizes: s.Split}
	x := sp.split(n.Input[0], y+"/split", 1)
	biases := sp.biases(bias(n))
	outputs := make([]string, len(x))
	for i, w := range kernels(n) {
		outputs[i] = b.fresh(indexed(y+"/conv_", i))
		sp.write(node("Conv", []string{x[i], w, biases[i]}, outputs[i:i+1], specAttrs(s, i)...))
	}
	concat := node("Concat", outputs, []string{y}, onnx.IntAttr("axis", 1))
	concat.Name, concat.DocString, concat.MetadataProps = n.Name, n.DocString, n.MetadataProps
	return append(sp.nodes, concat)
}

func specAttrs(s Spec, i int) []*onnxpb.AttributeProto {
	attrs := []*onnxpb.AttributeProto{
		onnx.IntsAttr("strides", int64s(s.Strides[:])),
		onnx.IntAttr("group", int64(s.Split[i])),
	}
	if s.Same {
		return append(attrs, onnx.StringAttr("auto_pad", "SAME_UPPER"))
	}
	return append(attrs,
		onnx.IntsAttr("pads", int64s(s.Pads[i][:])),
		onnx.IntsAttr("dilations", int64s(s.Dilations[i][:])))
}

// splitter writes the Splits of one MDConv.
type splitter struct {
	*body
	base  string // what new names begin with
	sizes []int
	nodes []*onnxpb.NodeProto
	list  string // the value that holds sizes, once it is there
}

func (sp *splitter) write(n *onnxpb.NodeProto) { sp.nodes = append(sp.nodes, n) }

// split adds a Split of x and returns its outputs.
func (sp *splitter) split(x, name string, axis int64) []string {
	parts := partNames(name, len(sp.sizes))
	for i := range parts {
		parts[i] = sp.fresh(parts[i])
	}
	if sp.opset() < splitTakesInput {
		sp.write(node("Split", []string{x}, parts, onnx.IntAttr("axis", axis), onnx.IntsAttr("split", int64s(sp.sizes))))
	} else {
		sp.write(node("Split", []string{x, sp.sizeList()}, parts, onnx.IntAttr("axis", axis)))
	}
	return parts
}

// sizeList returns the value that holds the sizes: an initializer, or a
// Constant in a function, which has no initializers.
func (sp *splitter) sizeList() string {
	if sp.list != "" {
		return sp.list
	}
	sp.list = sp.fresh(sp.base + "/sizes")
	if sizes := int64s(sp.sizes); sp.graph != nil {
		sp.add(onnx.NewTensor(sp.list, tensor.Of(sizes, len(sizes))), "")
	} else {
		sp.write(node("Constant", nil, []string{sp.list}, onnx.IntsAttr("value_ints", sizes)))
	}
	return sp.list
}

// biases returns the names of the parts of b: initializers in the place of
// this one, if that is what b is, else the outputs of a Split.
func (sp *splitter) biases(b string) []string {
	if t, constant := sp.stored(b); constant && t == sp.init[b] {
		if parts, ok := sp.parts(t); ok {
			names := partNames(b, len(parts))
			for i, part := range parts {
				names[i] = sp.fresh(names[i])
				sp.add(onnx.NewTensor(names[i], part), b)
			}
			return names
		}
	}
	return sp.split(b, sp.base+"/bias", 0)
}

func (sp *splitter) parts(t *onnxpb.TensorProto) ([]*tensor.Tensor, bool) {
	whole, err := sp.model.Tensor(t)
	if err != nil {
		return nil, false
	}
	return parted(whole, sp.sizes)
}

// dropFunctions takes those functions and, where nothing of it is left, the
// imports of their domains out of m.
func dropFunctions(m *onnx.Model, funcs map[message.FunctionID]Signature) {
	m.Proto.Functions = slices.DeleteFunc(m.Proto.Functions, func(fn *onnxpb.FunctionProto) bool {
		_, drop := funcs[message.IDOf(fn)]
		return drop
	})
	unused := map[string]bool{}
	for f := range funcs {
		unused[f.Domain] = f.Domain != ""
	}
	used := func(n *onnxpb.NodeProto) { delete(unused, n.GetDomain()) }
	message.EachNode(m.Proto.GetGraph().GetNode(), used)
	for _, fn := range m.Proto.GetFunctions() {
		delete(unused, fn.GetDomain())
		message.EachNode(fn.GetNode(), used)
	}
	isUnused := func(o *onnxpb.OperatorSetIdProto) bool { return unused[o.GetDomain()] }
	m.Proto.OpsetImport = slices.DeleteFunc(m.Proto.OpsetImport, isUnused)
	for _, fn := range m.Proto.GetFunctions() {
		fn.OpsetImport = slices.DeleteFunc(fn.OpsetImport, isUnused)
	}
}

// place names a node for an error.
func place(b *body, i int, n *onnxpb.NodeProto) string {
	owner := "graph"
	if b.fn != nil {
		owner = "function " + errs.Quote(b.fn.GetName())
	}
	return owner + "." + indexed("node[", i) + "] " + errs.Quote(n.GetName())
}
