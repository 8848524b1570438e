package mdconv

import (
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
)

// Fuse turns every Split → depthwise Conv → Concat of m's graph and subgraphs
// into one MDConv, adds the functions and the import that this needs, and
// returns how many there were. The parts must be read in order and by nothing
// else, and the kernels be in the file. A split form that no MDConv can say
// (dilated, with a stride, auto_pad) is an *errs.UnsupportedError, as is an
// opset that the function's body is not written for. On an error m is in
// between and of no use.
func Fuse(m *onnx.Model) (n int, err error) {
	f := fuser{model: m, used: map[Signature]bool{}}
	n, err = eachBody(m, f.fuse)
	if err == nil && len(f.refused) > 0 {
		err = &errs.UnsupportedError{Items: f.refused}
	}
	if err == nil && n > 0 {
		err = Declare(m, f.used)
	}
	if err != nil {
		return 0, errs.InFile(m.Name(), err)
	}
	return n, nil
}

type fuser struct {
	model   *onnx.Model
	used    map[Signature]bool
	refused []errs.Unsupported
}

func (f *fuser) fuse(b *body) (int, error) {
	if b.fn != nil {
		return 0, nil // its kernels are inputs, of a size that is not known
	}
	found := map[*onnxpb.NodeProto]*match{}
	gone := map[*onnxpb.NodeProto]bool{}
	for _, n := range b.nodes() {
		m, inexpressible := b.match(n)
		if inexpressible {
			f.refused = append(f.refused, errs.Unsupported{Node: n.GetName(), Op: "MDConv",
				Reason: "dilated, with a stride and auto_pad; give it explicit pads"})
		}
		if m == nil {
			continue
		}
		found[n], gone[m.split] = m, true
		for _, conv := range m.convs {
			gone[conv] = true
		}
	}
	if len(found) == 0 {
		return 0, nil
	}
	var nodes []*onnxpb.NodeProto
	orphans := map[string]bool{}
	for _, n := range b.nodes() {
		if m := found[n]; m != nil {
			f.used[Signature{len(m.convs), m.spec.Same}] = true
			nodes = append(nodes, b.fused(m, orphans)...)
		} else if !gone[n] {
			nodes = append(nodes, n)
		}
	}
	b.settle(nodes, orphans)
	return len(found), nil
}

// fused returns the nodes that stand for m and adds what may now be unread to
// orphans.
func (b *body) fused(m *match, orphans map[string]bool) []*onnxpb.NodeProto {
	var w []string
	for i, conv := range m.convs {
		w = append(w, conv.Input[1])
		orphans[conv.Input[0]], orphans[conv.Output[0]] = true, true
		if name := biasOf(m.convs[i]); name != "" {
			orphans[name] = true
		}
	}
	if len(m.split.Input) > 1 {
		orphans[m.split.Input[1]] = true
	}
	y := m.concat.Output[0]
	bias, nodes := b.joinBiases(m, y)
	n := Node(m.concat.GetName(), m.split.Input[0], w, bias, y, m.spec)
	n.DocString, n.MetadataProps = m.concat.DocString, m.concat.MetadataProps
	return append(nodes, n)
}

func biasOf(conv *onnxpb.NodeProto) string {
	if len(conv.Input) < 3 {
		return ""
	}
	return conv.Input[2]
}

// joinBiases gives the Convs' biases, zeros where one has none, as one value:
// an initializer if all are constant, else what a Concat makes of them.
func (b *body) joinBiases(m *match, y string) (name string, nodes []*onnxpb.NodeProto) {
	names := make([]string, len(m.convs))
	parts := make([]*tensor.Tensor, 0, len(m.convs))
	for i, conv := range m.convs {
		names[i] = biasOf(conv)
		if t := b.constantBias(conv, m.spec.Split[i]); t != nil {
			parts = append(parts, t)
		}
	}
	if len(parts) == len(m.convs) {
		if whole, ok := joined(parts); ok {
			name = b.fresh(wholeOr(names, y+"/bias"))
			b.add(onnx.NewTensor(name, whole), names[0])
			return name, nil
		}
	}
	for i, conv := range m.convs {
		if names[i] == "" {
			names[i] = b.fresh(indexed(y+"/bias_", i))
			b.add(onnx.NewTensor(names[i], b.constantBias(conv, m.spec.Split[i])), "")
		}
	}
	name = b.fresh(y + "/bias")
	return name, []*onnxpb.NodeProto{node("Concat", names, []string{name}, onnx.IntAttr("axis", 0))}
}

// constantBias returns a Conv's bias, or zeros of the kernel's type if it has
// none. It is nil for a bias that is computed, or an input, or not one.
func (b *body) constantBias(conv *onnxpb.NodeProto, channels int) *tensor.Tensor {
	name := biasOf(conv)
	if name == "" {
		w, _ := b.stored(conv.Input[1])
		return tensor.New(tensor.DType(w.GetDataType()), channels)
	}
	t, constant := b.stored(name)
	if !constant {
		return nil
	}
	v, err := b.model.Tensor(t)
	if err != nil || !v.Shape.Equal(tensor.Shape{channels}) {
		return nil
	}
	return v
}

func wholeOr(parts []string, def string) string {
	if whole := wholeName(parts); whole != "" {
		return whole
	}
	return def
}
