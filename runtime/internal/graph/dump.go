package graph

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/tensor"
)

// Dump writes the graph as text, the same for the same graph: inputs, one line
// a node, outputs. Constants show their type and shape, not their data, except
// small ones.
func (g *Graph) Dump(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "graph %q\n", g.Name)
	for _, v := range g.Inputs {
		fmt.Fprintf(&b, "input %s %s\n", v.Name, typeText(v.Type))
	}
	for _, n := range g.Nodes {
		n.dump(&b)
	}
	for _, o := range g.Outputs {
		fmt.Fprintf(&b, "output %s = %s\n", o.Name, o.Value.text())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (n *Node) dump(b *strings.Builder) {
	for i, v := range n.Out {
		if i > 0 {
			b.WriteString(", ")
		}
		if v == nil {
			b.WriteString("_")
			continue
		}
		fmt.Fprintf(b, "%s %s", v.Name, typeText(v.Type))
	}
	fmt.Fprintf(b, " = %s", n.Op.Name)
	if n.Version > 0 {
		fmt.Fprintf(b, "-%d", n.Version)
	}
	b.WriteString("(")
	for i, v := range n.In {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(v.text())
	}
	b.WriteString(")")
	for _, name := range slices.Sorted(maps.Keys(n.Attrs)) {
		value := n.Attrs[name]
		if t, ok := value.(*tensor.Tensor); ok {
			value = typeText(ops.Type{DType: t.DType, Shape: t.Shape})
		}
		fmt.Fprintf(b, " %s=%v", name, value)
	}
	if n.Post.Scale != 0 {
		fmt.Fprintf(b, " *%g", n.Post.Scale)
	}
	if n.Post.Bias != nil {
		fmt.Fprintf(b, " +%s", n.Post.Bias.Type.Shape)
	}
	if n.Post.Residual != nil {
		fmt.Fprintf(b, " +%s", n.Post.Residual.Name)
	}
	if f := n.Post.Act; f.Kind != 0 {
		fmt.Fprintf(b, " →%s", f.Kind)
	}
	b.WriteString("\n")
}

// text names a value, and shows a constant by its type or, if it is a few
// integers, its data.
func (v *Value) text() string {
	switch {
	case v == nil:
		return "_"
	case !v.Known():
		return v.Name
	case v.Type.DType == tensor.Int64 && v.Const().Elements() <= 8:
		return fmt.Sprintf("%v", tensor.Data[int64](v.Const()))
	}
	return typeText(v.Type)
}

func typeText(t ops.Type) string { return t.DType.String() + t.Shape.String() }
