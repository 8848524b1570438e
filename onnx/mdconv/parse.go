package mdconv

import (
	"fmt"
	"math"
	"slices"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
)

// ParseNode reads a node that calls a canonical function with that many
// groups, whatever the function's name. It checks that inputs and attributes
// are all there, that there are no others, and that they fit together.
func ParseNode(n *onnxpb.NodeProto, groups int, same bool) (Spec, error) {
	if err := checkGroups(groups); err != nil {
		return Spec{}, err
	}
	if err := checkArity(n, groups); err != nil {
		return Spec{}, err
	}
	if err := checkAttributes(n, attributes(groups, same)); err != nil {
		return Spec{}, err
	}
	p := attrParser{node: n}
	s := Spec{Same: same, Split: p.ints("split", groups, 1)}
	copy(s.Strides[:], p.ints("strides", 2, 1))
	for i := range groups {
		if !same {
			s.Pads = append(s.Pads, [4]int(p.ints(indexed("pads", i), 4, 0)))
			s.Dilations = append(s.Dilations, [2]int(p.ints(indexed("dilations", i), 2, 1)))
		}
		p.group(i, s.Split[i])
	}
	if p.err != nil {
		return Spec{}, p.err
	}
	return s, nil
}

func checkArity(n *onnxpb.NodeProto, groups int) error {
	if got := len(n.GetInput()); got != groups+2 {
		return fmt.Errorf("%d inputs, must be %d", got, groups+2)
	}
	if i := slices.Index(n.GetInput(), ""); i >= 0 {
		return fmt.Errorf("input %d is left out, all are required", i)
	}
	if got := len(n.GetOutput()); got != 1 || n.Output[0] == "" {
		return fmt.Errorf("%d outputs, must be 1 with a name", got)
	}
	return nil
}

func checkAttributes(n *onnxpb.NodeProto, names []string) error {
	for _, name := range names {
		if onnx.Attr(n, name) == nil {
			return fmt.Errorf("attribute %s: missing, it is required", name)
		}
	}
	seen := map[string]bool{}
	for _, a := range n.GetAttribute() {
		name := a.GetName()
		if !slices.Contains(names, name) {
			return fmt.Errorf("attribute %s: unknown", errs.Quote(name))
		}
		if seen[name] {
			return fmt.Errorf("attribute %s: given twice", name)
		}
		seen[name] = true
		if a.GetRefAttrName() != "" {
			return fmt.Errorf("attribute %s: refers to a function's attribute, must be a value", name)
		}
	}
	return nil
}

// attrParser reads attributes that are known to be there and keeps the first
// error.
type attrParser struct {
	node *onnxpb.NodeProto
	err  error
}

func (p *attrParser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
}

// ints always returns n numbers. They are right if no error was kept.
func (p *attrParser) ints(name string, n int, least int64) []int {
	out := make([]int, n)
	a := onnx.Attr(p.node, name)
	if a.GetType() != onnxpb.AttributeProto_INTS || len(a.GetInts()) != n {
		p.fail("attribute %s: %s of %d numbers, must be INTS of %d", name, a.GetType(), len(a.GetInts()), n)
		return out
	}
	for i, v := range a.Ints {
		if v < least || v > math.MaxInt32 {
			p.fail("attribute %s: %d at position %d, allowed %d to %d", name, v, i, least, math.MaxInt32)
			return out
		}
		out[i] = int(v)
	}
	return out
}

// group tests that the i-th Conv is depthwise.
func (p *attrParser) group(i, channels int) {
	name := indexed("group", i)
	a := onnx.Attr(p.node, name)
	if a.GetType() != onnxpb.AttributeProto_INT {
		p.fail("attribute %s: %s, must be INT", name, a.GetType())
		return
	}
	if a.GetI() != int64(channels) {
		p.fail("attribute %s: %d, must be %d as in split", name, a.GetI(), channels)
	}
}
