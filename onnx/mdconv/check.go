package mdconv

import (
	"slices"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/internal/message"
	"github.com/mixconv/mixconv/onnx/onnxpb"
)

// Check reports the first node of m that stands for MDConv and cannot: one in
// Domain that has no function in the file, or one that calls a canonical
// function with attributes that contradict each other. A general checker sees
// neither.
func Check(m *onnx.Model) error {
	funcs := canonicalFunctions(m)
	_, err := eachBody(m, func(b *body) (int, error) {
		for i, n := range b.nodes() {
			sig, ok := funcs[message.Callee(n)]
			if !ok {
				if n.GetDomain() == Domain && m.Function(Domain, n.GetOpType(), n.GetOverload()) == nil {
					return 0, errs.Format(place(b, i, n), "operator %s: no such function in the file", errs.Quote(n.GetOpType()))
				}
				continue
			}
			if b.fn != nil && hasReference(n) {
				continue // what it says is known only where the function is called
			}
			if _, err := ParseNode(n, sig.Groups, sig.Same); err != nil {
				return 0, errs.Format(place(b, i, n), "%w", err)
			}
		}
		return 0, nil
	})
	if err != nil {
		return errs.InFile(m.Name(), err)
	}
	return nil
}

func hasReference(n *onnxpb.NodeProto) bool {
	return slices.ContainsFunc(n.GetAttribute(), func(a *onnxpb.AttributeProto) bool { return a.GetRefAttrName() != "" })
}
