package dump

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/internal/elements"
	"github.com/mixconv/mixconv/onnx/internal/message"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
)

// Model prints m as text, one line for each value that it declares and
// each node. Large tensors are a hash of their elements, so that the same
// model gives the same text wherever its data is. Attributes are sorted.
// External data is not read.
func Model(w io.Writer, m *onnx.Model) error {
	b := bufio.NewWriter(w)
	d := dumper{b, m}
	p := m.Proto
	d.line(0, "ir_version %d", p.GetIrVersion())
	if p.GetProducerName() != "" {
		d.line(0, "producer %s %s", word(p.GetProducerName()), word(p.GetProducerVersion()))
	}
	d.imports(0, p.GetOpsetImport())
	for _, e := range p.GetMetadataProps() {
		d.line(0, "metadata %s = %s", word(e.GetKey()), strconv.Quote(e.GetValue()))
	}
	for _, f := range p.GetFunctions() {
		d.function(f)
	}
	d.line(0, "graph %s", word(p.GetGraph().GetName()))
	d.graph(1, p.GetGraph())
	return b.Flush()
}

type dumper struct {
	w     *bufio.Writer
	model *onnx.Model
}

func (d dumper) line(indent int, format string, args ...any) {
	d.w.WriteString(strings.Repeat("  ", indent))
	fmt.Fprintf(d.w, format, args...)
	d.w.WriteByte('\n')
}

func (d dumper) imports(indent int, imports []*onnxpb.OperatorSetIdProto) {
	for _, o := range imports {
		d.line(indent, "opset %s %d", message.DomainText(o.GetDomain()), o.GetVersion())
	}
}

func (d dumper) function(f *onnxpb.FunctionProto) {
	d.line(0, "function %s (%s) -> (%s)", message.IDOf(f), words(f.GetInput()), words(f.GetOutput()))
	d.imports(1, f.GetOpsetImport())
	for _, name := range f.GetAttribute() {
		d.line(1, "attribute %s", word(name))
	}
	for _, a := range f.GetAttributeProto() {
		d.line(1, "attribute %s", d.attribute(a))
		d.attributeGraphs(2, a)
	}
	d.nodes(1, f.GetNode())
}

func (d dumper) graph(indent int, g *onnxpb.GraphProto) {
	for _, v := range g.GetInput() {
		d.line(indent, "input %s %s", word(v.GetName()), typeText(v.GetType()))
	}
	for _, v := range g.GetOutput() {
		d.line(indent, "output %s %s", word(v.GetName()), typeText(v.GetType()))
	}
	for _, t := range g.GetInitializer() {
		d.line(indent, "initializer %s %s", word(t.GetName()), d.tensor(t))
	}
	for _, s := range g.GetSparseInitializer() {
		d.line(indent, "initializer %s %s", word(s.GetValues().GetName()), d.sparse(s))
	}
	for _, v := range g.GetValueInfo() {
		d.line(indent, "value %s %s", word(v.GetName()), typeText(v.GetType()))
	}
	d.nodes(indent, g.GetNode())
}

func (d dumper) nodes(indent int, nodes []*onnxpb.NodeProto) {
	for _, n := range nodes {
		attributes := slices.Clone(n.GetAttribute())
		slices.SortStableFunc(attributes, func(a, b *onnxpb.AttributeProto) int { return cmp.Compare(a.GetName(), b.GetName()) })
		text := fmt.Sprintf("node %s = %s(%s)", words(n.GetOutput()), message.Callee(n), words(n.GetInput()))
		for _, a := range attributes {
			text += " " + d.attribute(a)
		}
		if n.GetName() != "" {
			text += " # " + word(n.GetName())
		}
		d.line(indent, "%s", text)
		for _, a := range attributes {
			d.attributeGraphs(indent+1, a)
		}
	}
}

// attribute prints name=value; graphs follow on lines of their own.
func (d dumper) attribute(a *onnxpb.AttributeProto) string {
	return word(a.GetName()) + "=" + d.attributeValue(a)
}

func (d dumper) attributeValue(a *onnxpb.AttributeProto) string {
	if a.GetRefAttrName() != "" {
		return "@" + word(a.GetRefAttrName())
	}
	switch a.GetType() {
	case onnxpb.AttributeProto_FLOAT:
		return floatText(a.GetF())
	case onnxpb.AttributeProto_INT:
		return strconv.FormatInt(a.GetI(), 10)
	case onnxpb.AttributeProto_STRING:
		return strconv.Quote(string(a.GetS()))
	case onnxpb.AttributeProto_FLOATS:
		return listText(a.GetFloats(), floatText)
	case onnxpb.AttributeProto_INTS:
		return listText(a.GetInts(), func(v int64) string { return strconv.FormatInt(v, 10) })
	case onnxpb.AttributeProto_STRINGS:
		return listText(a.GetStrings(), func(v []byte) string { return strconv.Quote(string(v)) })
	case onnxpb.AttributeProto_TENSOR:
		return d.tensor(a.GetT())
	case onnxpb.AttributeProto_TENSORS:
		return listText(a.GetTensors(), d.tensor)
	case onnxpb.AttributeProto_SPARSE_TENSOR:
		return d.sparse(a.GetSparseTensor())
	case onnxpb.AttributeProto_SPARSE_TENSORS:
		return listText(a.GetSparseTensors(), d.sparse)
	case onnxpb.AttributeProto_TYPE_PROTO:
		return typeText(a.GetTp())
	case onnxpb.AttributeProto_TYPE_PROTOS:
		return listText(a.GetTypeProtos(), typeText)
	}
	return strings.ToLower(a.GetType().String()) // graphs
}

func (d dumper) attributeGraphs(indent int, a *onnxpb.AttributeProto) {
	for _, g := range message.AttributeGraphs(a) {
		d.line(indent, "%s = graph %s", word(a.GetName()), word(g.GetName()))
		d.graph(indent+1, g)
	}
}

func (d dumper) sparse(s *onnxpb.SparseTensorProto) string {
	return fmt.Sprintf("sparse%v(%s at %s)", s.GetDims(), d.tensor(s.GetValues()), d.tensor(s.GetIndices()))
}

// tensor prints a tensor's type and its elements, or their hash.
func (d dumper) tensor(tp *onnxpb.TensorProto) string {
	const most = 8
	l, err := elements.LayoutOf(nil, tp, d.model.Stored(tp).Bytes(), d.model.Limits().TensorBytes)
	if err != nil {
		return "malformed"
	}
	text := l.DType.String() + l.Shape.String()
	if l.Place == elements.Outside {
		return fmt.Sprintf("%s external %s offset %d", text, word(l.External.Location), l.External.Offset)
	}
	t, err := d.model.Tensor(tp)
	switch {
	case err != nil:
		return text + " malformed"
	case l.Elements <= most && l.DType == tensor.String:
		return text + fmt.Sprintf(" %q", t.Data)
	case l.Elements <= most:
		return text + fmt.Sprintf(" %v", t.Data)
	}
	packed := onnx.NewTensor("", t)
	h := sha256.New()
	h.Write(packed.GetRawData())
	for _, s := range packed.GetStringData() {
		fmt.Fprintf(h, "%d:%s", len(s), s)
	}
	return fmt.Sprintf("%s sha256:%x", text, h.Sum(nil)[:8])
}

// Attribute is an attribute of m as Model prints it, graphs in it behind it line by line.
func Attribute(m *onnx.Model, a *onnxpb.AttributeProto) string {
	var text strings.Builder
	b := bufio.NewWriter(&text)
	d := dumper{b, m}
	b.WriteString(d.attributeValue(a))
	if len(message.AttributeGraphs(a)) > 0 {
		b.WriteByte('\n')
		d.attributeGraphs(0, a)
	}
	b.Flush()
	return text.String()
}

// Type is a value's type as Model prints it: float32[batch,3,224,224].
func Type(t *onnxpb.TypeProto) string { return typeText(t) }
