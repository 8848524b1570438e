package graph

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/tensor"
)

// Dump writes the graph as text, the same for the same graph: inputs, one line
// a node, outputs. Package graphtest reads it again.
//
//	graph "name"
//	input x float32[?,3,8,8]
//	y float32[?,4,8,8] = Conv-22(x, float32[4,3,1,1]) group=1 *0.5 +(float32[4]) +x →clip(0 6)
//	output y = y
//
// Behind the operator stands its version, behind the attributes what the node does to
// its results: a product, a bias, a sum, an activation. Constants show their type, and
// small ones their data: int64[] alone, others as float32[2]{0.5 1}. Names of other
// characters than most have are in quotation marks, as Go has them.
func (g *Graph) Dump(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "graph %q\n", g.Name)
	for _, v := range g.Inputs {
		fmt.Fprintf(&b, "input %s %s\n", nameText(v.Name), typeText(v.Type))
	}
	for _, n := range g.Nodes {
		n.dump(&b)
	}
	for _, o := range g.Outputs {
		fmt.Fprintf(&b, "output %s = %s\n", nameText(o.Name), o.Value.text())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// dump writes n on a line of its own. A node that n computes on the way stands before
// it, indented.
func (n *Node) dump(b *strings.Builder) {
	if n.Pre != nil {
		b.WriteString("  ")
		n.Pre.dump(b)
	}
	for i, v := range n.Out {
		if i > 0 {
			b.WriteString(", ")
		}
		switch {
		case v == nil:
			b.WriteString("_")
		case i == 0 && (v.Name == "graph" || v.Name == "input" || v.Name == "output"): // how other lines begin
			fmt.Fprintf(b, "%q %s", v.Name, typeText(v.Type))
		default:
			fmt.Fprintf(b, "%s %s", nameText(v.Name), typeText(v.Type))
		}
	}
	if n.Means != nil {
		fmt.Fprintf(b, ", means(%s %s)", nameText(n.Means.Name), typeText(n.Means.Type))
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
		fmt.Fprintf(b, " %s=%s", nameText(name), attrText(n.Attrs[name]))
	}
	if n.Integers {
		b.WriteString(" integers")
	}
	n.Post.dump(b)
	b.WriteString("\n")
}

func (p *Epilogue) dump(b *strings.Builder) {
	if p.Scale != 0 {
		fmt.Fprintf(b, " *%v", p.Scale)
	}
	if p.Bias != nil {
		fmt.Fprintf(b, " +(%s)", p.Bias.text())
	}
	if p.Residual != nil {
		fmt.Fprintf(b, " +%s", p.Residual.text())
	}
	if f := p.Act; f.Kind != 0 {
		fmt.Fprintf(b, " →%s", f.Kind)
		if f != f.Kind.Usual() {
			fmt.Fprintf(b, "(%v %v)", f.A, f.B)
		}
	}
}

// attrText is an attribute's value. What it stands for, as 1 for an int or a float,
// the operator says.
func attrText(value any) string {
	switch v := value.(type) {
	case string:
		return nameText(v)
	case []string:
		list := make([]string, len(v))
		for i, s := range v {
			list[i] = nameText(s)
		}
		return fmt.Sprint(list)
	case *tensor.Tensor:
		return tensorText(v)
	case ops.Type:
		return typeText(v)
	}
	return fmt.Sprint(value)
}

// text names a value, and shows a constant.
func (v *Value) text() string {
	switch {
	case v == nil:
		return "_"
	case !v.Known():
		return nameText(v.Name)
	case v.stored != nil || v.Type.DType.IsSequence():
		return typeText(v.Type)
	}
	return tensorText(v.Type.Value)
}

// mostShown is the number of elements of a constant whose data are shown.
const mostShown = 8

// tensorText is a constant's type, and its data if they are few numbers.
func tensorText(t *tensor.Tensor) string {
	typ := typeText(ops.Type{DType: t.DType, Shape: t.Shape})
	n := t.Shape.Elements()
	switch data := t.Data.(type) {
	case []int64:
		if len(t.Shape) == 1 && n <= mostShown {
			return fmt.Sprint(data)
		}
	case []string:
		if n == 0 || n > mostShown {
			return typ
		}
		return typ + "{" + strings.Trim(fmt.Sprintf("%q", data), "[]") + "}"
	case []uint8, []uint16, []int8: // of types with fewer bits, too
		if d := t.DType; d != tensor.Uint8 && d != tensor.Uint16 && d != tensor.Int8 {
			return typ
		}
	}
	if n == 0 || n > mostShown {
		return typ
	}
	return typ + "{" + strings.Trim(fmt.Sprint(t.Data), "[]") + "}"
}

func typeText(t ops.Type) string {
	if t.Optional {
		return "optional(" + t.DType.String() + t.Shape.String() + ")"
	}
	return t.DType.String() + t.Shape.String()
}

// nameText is a name as it is, or in quotation marks if it could be taken for something
// else.
func nameText(name string) string {
	quoted := strconv.Quote(name)
	if name == "" || name == "_" || strings.ContainsAny(name, " ,()[]{}=+*→#") || quoted != `"`+name+`"` {
		return quoted
	}
	return name
}
