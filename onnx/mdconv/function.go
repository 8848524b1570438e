package mdconv

import (
	"slices"
	"strings"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/internal/message"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"google.golang.org/protobuf/proto"
)

// Function returns the canonical function for that many groups at an opset
// from MinOpset: the split form, written out. Split gets its sizes as an input,
// never num_outputs, which could not say them.
func Function(groups int, same bool, opset int64) *onnxpb.FunctionProto {
	fn := &onnxpb.FunctionProto{
		Name:        proto.String(OpType(groups, same)),
		Domain:      proto.String(Domain),
		DocString:   proto.String("Mixed depthwise convolution: channels are split, each part has a kernel of its own size."),
		Attribute:   attributes(groups, same),
		OpsetImport: []*onnxpb.OperatorSetIdProto{{Domain: proto.String(""), Version: proto.Int64(opset)}},
		Output:      []string{"Y"},
	}
	x, w, b, y := numbered("X", groups), numbered("W", groups), numbered("B", groups), numbered("Y", groups)
	fn.Input = append(append([]string{"X"}, w...), "B")
	fn.Node = []*onnxpb.NodeProto{
		node("Constant", nil, []string{"sizes"}, intsRef("value_ints", "split")),
		node("Split", []string{"X", "sizes"}, x, onnx.IntAttr("axis", 1)),
		node("Split", []string{"B", "sizes"}, b, onnx.IntAttr("axis", 0)),
	}
	for i := range groups {
		fn.Node = append(fn.Node, node("Conv", []string{x[i], w[i], b[i]}, []string{y[i]}, convAttrs(i, same)...))
	}
	fn.Node = append(fn.Node, node("Concat", y, []string{"Y"}, onnx.IntAttr("axis", 1)))
	return fn
}

func convAttrs(i int, same bool) []*onnxpb.AttributeProto {
	attrs := []*onnxpb.AttributeProto{
		intsRef("strides", "strides"),
		onnx.RefAttr("group", indexed("group", i), onnxpb.AttributeProto_INT),
	}
	if same {
		return append(attrs, onnx.StringAttr("auto_pad", "SAME_UPPER"))
	}
	return append(attrs, intsRef("pads", indexed("pads", i)), intsRef("dilations", indexed("dilations", i)))
}

func intsRef(name, ref string) *onnxpb.AttributeProto {
	return onnx.RefAttr(name, ref, onnxpb.AttributeProto_INTS)
}

// node returns a node of ONNX's own domain, named as its first output.
func node(op string, in, out []string, attrs ...*onnxpb.AttributeProto) *onnxpb.NodeProto {
	return &onnxpb.NodeProto{
		OpType: proto.String(op), Name: proto.String(out[0]),
		Input: in, Output: out, Attribute: attrs,
	}
}

func numbered(prefix string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = indexed(prefix, i)
	}
	return names
}

// Canonical reports whether fn computes MDConv exactly as Function writes it,
// and for how many groups. Its own name and domain, the names of its values
// and what is only documentation do not count; anything else does.
func Canonical(fn *onnxpb.FunctionProto) (groups int, same, ok bool) {
	groups = len(fn.GetInput()) - 2
	if checkGroups(groups) != nil || len(fn.GetNode()) != groups+4 {
		return 0, false, false
	}
	same = len(fn.GetAttribute()) == len(attributes(groups, true))
	opset := ownOpset(fn)
	if opset < MinOpset || opset > MaxOpset {
		return 0, false, false
	}
	if !proto.Equal(normal(fn), normal(Function(groups, same, opset))) {
		return 0, false, false
	}
	return groups, same, true
}

// ownOpset is the version of ONNX's own operators that fn imports, 0 unless it
// imports exactly one.
func ownOpset(fn *onnxpb.FunctionProto) int64 {
	var version int64
	for _, o := range fn.GetOpsetImport() {
		if message.Domain(o.GetDomain()) == "" {
			if version != 0 {
				return 0
			}
			version = o.GetVersion()
		}
	}
	return version
}

// normal returns a copy of fn without what does not count, its values numbered
// in the order in which they appear and its attributes sorted.
func normal(fn *onnxpb.FunctionProto) *onnxpb.FunctionProto {
	fn = proto.CloneOf(fn)
	fn.Name, fn.Domain, fn.Overload, fn.DocString = nil, nil, nil, nil
	fn.OpsetImport, fn.ValueInfo, fn.MetadataProps = nil, nil, nil
	slices.Sort(fn.Attribute)
	r := renamer{}
	r.all(fn.Input)
	for _, n := range fn.Node {
		n.Name, n.DocString, n.MetadataProps = nil, nil, nil
		if message.Domain(n.GetDomain()) == "" {
			n.Domain = nil
		}
		if n.GetOverload() == "" {
			n.Overload = nil
		}
		r.all(n.Input)
		r.all(n.Output)
		for _, a := range n.Attribute {
			a.DocString = nil
		}
		slices.SortFunc(n.Attribute, func(a, b *onnxpb.AttributeProto) int {
			return strings.Compare(a.GetName(), b.GetName())
		})
	}
	r.all(fn.Output)
	return fn
}

// renamer numbers names as it meets them. No name stays no name.
type renamer map[string]string

func (r renamer) all(names []string) {
	for i, name := range names {
		if name == "" {
			continue
		}
		if r[name] == "" {
			r[name] = indexed("v", len(r))
		}
		names[i] = r[name]
	}
}
