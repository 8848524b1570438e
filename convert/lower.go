package convert

import (
	"fmt"
	"slices"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/mdconv"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
	"google.golang.org/protobuf/proto"
)

// Lower turns a network and its weights into an ONNX model. Its input is
// `input` [N,3,H,W], its output `logits` [N,classes] or, with Options.Features,
// the values features_4 … features_32. Of an Official network, values have the names
// of the official code's endpoints (stem, block_0 …, block_0/expansion_output …, head),
// of others those of modules, as Naming says. Those in between have names of their
// own. The same arguments give the same bytes on every machine.
func Lower(n Network, w Weights, o Options) (*onnx.Model, error) {
	if err := n.Check(); err != nil {
		return nil, err
	}
	o, err := o.forWriting(n)
	if err != nil {
		return nil, err
	}
	if err := w.Check(n); err != nil {
		return nil, err
	}
	b := &builder{
		weights: w, epsilon: n.BatchNormEpsilon, keepBN: o.KeepBN, padding: n.Padding,
		graph:     &onnxpb.GraphProto{Name: proto.String(n.Name)},
		functions: map[mdconv.Signature]bool{},
		scalars:   map[string]bool{},
	}
	b.network(n, o)
	if b.err != nil {
		return nil, b.err
	}
	m := onnx.New(&onnxpb.ModelProto{
		IrVersion:    proto.Int64(irVersion(o.Opset)),
		ProducerName: proto.String("mixconv"),
		OpsetImport:  []*onnxpb.OperatorSetIdProto{{Domain: proto.String(""), Version: proto.Int64(int64(o.Opset))}},
		Graph:        b.graph,
	})
	setMetadata(m, n, o)
	if err := b.finishMDConv(m, o); err != nil {
		return nil, err
	}
	return m, nil
}

// finishMDConv gives m, whose graph has MDConv nodes, the functions that these
// call, or writes the nodes out.
func (b *builder) finishMDConv(m *onnx.Model, o Options) error {
	ir := m.Proto.IrVersion
	if err := mdconv.Declare(m, b.functions); err != nil {
		return err
	}
	if o.MDConv == Fused {
		return nil
	}
	_, err := mdconv.Unfuse(m)
	m.Proto.IrVersion = ir
	return err
}

// firstOpset has the first opset of each IR version that Lower writes, from the
// table of released versions in ONNX's Versioning.md.
var firstOpset = []struct{ ir, opset int }{
	{7, 13}, {8, 15}, {9, 19}, {10, 21}, {11, 23}, {12, 24}, {13, 25}, {14, 28},
}

// irVersion is the IR version that came with the opset.
func irVersion(opset int) int64 {
	ir := 0
	for _, row := range firstOpset {
		if opset >= row.opset {
			ir = row.ir
		}
	}
	return int64(ir)
}

// Check tests that w has every parameter of n, of the right shape and type, all
// their elements finite, and nothing else.
func (w Weights) Check(n Network) error {
	known := map[string]bool{}
	for _, p := range n.Params() {
		known[p.Role] = true
		t := w[p.Role]
		if t == nil {
			return fmt.Errorf("network %s: %s %s is missing", n.Name, p.Role, p.Shape)
		}
		if t.DType != tensor.Float32 || !t.Shape.Equal(p.Shape) {
			return fmt.Errorf("network %s: %s is %s %s, must be float32 %s", n.Name, p.Role, t.DType, t.Shape, p.Shape)
		}
		if err := t.Check(); err != nil {
			return fmt.Errorf("network %s: %s: %w", n.Name, p.Role, err)
		}
		data := tensor.Data[float32](t)
		if i := slices.IndexFunc(data, notFinite); i >= 0 {
			return fmt.Errorf("network %s: element %d of %s is %g, must be finite", n.Name, i, p.Role, data[i])
		}
	}
	var surplus []string
	for role := range w {
		if !known[role] {
			surplus = append(surplus, role)
		}
	}
	if len(surplus) > 0 {
		return fmt.Errorf("network %s: no place for %s", n.Name, errs.Quote(slices.Min(surplus)))
	}
	return nil
}

// notFinite reports whether x is a NaN or an infinity.
func notFinite(x float32) bool { return x-x != 0 }
