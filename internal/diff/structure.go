package diff

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/internal/blocks"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/dump"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"google.golang.org/protobuf/proto"
)

// Structure is how two models differ beside their weights.
type Structure struct {
	Same    bool         `json:"same"`
	NodesA  int          `json:"nodes_a"`
	NodesB  int          `json:"nodes_b"`
	Model   []Change     `json:"model"` // inputs, outputs, opsets, metadata, functions …
	OnlyA   []Node       `json:"only_in_a"`
	OnlyB   []Node       `json:"only_in_b"`
	Changed []NodeChange `json:"changed"`
	Renamed []Renamed    `json:"renamed"` // nodes that do the same under another name
}

// Change is a property that differs; "" where one side has none.
type Change struct {
	What string `json:"what"`
	A    string `json:"a"`
	B    string `json:"b"`
}

// Node is a node with the block that its name tells.
type Node struct {
	Name  string `json:"node"`
	Op    string `json:"op"`
	Block string `json:"block"`
}

// NodeChange is a node that both models have.
type NodeChange struct {
	Node
	Changes []Change `json:"changes"`
}

// Renamed is a node's name on both sides.
type Renamed struct {
	A string `json:"a"`
	B string `json:"b"`
}

func (m *matching) structure() *Structure {
	s := &Structure{
		NodesA: len(m.a.Proto.GetGraph().GetNode()), NodesB: len(m.b.Proto.GetGraph().GetNode()),
		Model: modelChanges(m.a, m.b), OnlyA: describe(m.onlyA), OnlyB: describe(m.onlyB),
		Changed: []NodeChange{}, Renamed: []Renamed{},
	}
	for _, p := range m.pairs {
		if p.renamed {
			s.Renamed = append(s.Renamed, Renamed{nodeName(p.a), nodeName(p.b)})
		}
		if changes := m.nodeChanges(p); len(changes) > 0 {
			s.Changed = append(s.Changed, NodeChange{describe([]*onnxpb.NodeProto{p.a})[0], changes})
		}
	}
	s.Same = len(s.Model)+len(s.OnlyA)+len(s.OnlyB)+len(s.Changed)+len(s.Renamed) == 0
	return s
}

func describe(nodes []*onnxpb.NodeProto) []Node {
	list := []Node{}
	for _, n := range nodes {
		list = append(list, Node{nodeName(n), callee(n), blocks.Of(nodeName(n))})
	}
	return list
}

// nodeChanges are what differs of two nodes, b's values under their names in a.
func (m *matching) nodeChanges(p pair) []Change {
	if callee(p.a) != callee(p.b) { // attributes and inputs mean something else then
		return []Change{{"operator", callee(p.a), callee(p.b)}}
	}
	var list []Change
	ofA, ofB := attributes(p.a), attributes(p.b)
	for _, name := range names(ofA, ofB) {
		a, b := ofA[name], ofB[name]
		textA, textB := m.attributeText(m.a, a), m.attributeText(m.b, b)
		list = append(list, differing("attribute "+name, textA, textB, proto.Equal(a, b) || textA == textB && a != nil && b != nil && !isList(a))...)
	}
	in := slices.Clone(p.b.GetInput())
	for i, name := range in {
		if own, ok := m.values[name]; ok {
			in[i] = own
		}
	}
	list = append(list, differing("inputs", strings.Join(p.a.GetInput(), ", "), strings.Join(p.b.GetInput(), ", "), slices.Equal(p.a.GetInput(), in))...)
	if !p.renamed || len(p.a.GetOutput()) != len(p.b.GetOutput()) {
		list = append(list, differing("outputs", strings.Join(p.a.GetOutput(), ", "), strings.Join(p.b.GetOutput(), ", "), slices.Equal(p.a.GetOutput(), p.b.GetOutput()))...)
	}
	return list
}

func attributes(n *onnxpb.NodeProto) map[string]*onnxpb.AttributeProto {
	found := map[string]*onnxpb.AttributeProto{}
	for _, a := range n.GetAttribute() {
		found[a.GetName()] = a
	}
	return found
}

// isList reports whether an attribute's text may leave out some of its values.
func isList(a *onnxpb.AttributeProto) bool {
	return len(a.GetInts())+len(a.GetFloats())+len(a.GetStrings()) > 0
}

func (m *matching) attributeText(of *onnx.Model, a *onnxpb.AttributeProto) string {
	if a == nil {
		return ""
	}
	return dump.Attribute(of, a)
}

// names are the keys of both maps in order.
func names[V any](a, b map[string]V) []string {
	all := slices.Sorted(maps.Keys(a))
	for name := range b {
		if _, ok := a[name]; !ok {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

// differing is a change unless it is the same.
func differing(what, a, b string, same bool) []Change {
	if same {
		return nil
	}
	return []Change{{what, a, b}}
}

// modelChanges are the differences that no node has.
func modelChanges(a, b *onnx.Model) []Change {
	list := []Change{}
	add := func(what, x, y string) { list = append(list, differing(what, x, y, x == y)...) }
	add("IR version", fmt.Sprint(a.Proto.GetIrVersion()), fmt.Sprint(b.Proto.GetIrVersion()))
	producer := func(m *onnx.Model) string {
		return strings.TrimSpace(m.Proto.GetProducerName() + " " + m.Proto.GetProducerVersion())
	}
	add("producer", producer(a), producer(b))
	add("graph's name", a.Proto.GetGraph().GetName(), b.Proto.GetGraph().GetName())
	both := func(what string, of func(*onnx.Model) map[string]string) {
		x, y := of(a), of(b)
		for _, name := range names(x, y) {
			add(strings.TrimSpace(what+" "+name), x[name], y[name])
		}
	}
	both("opset", opsets)
	both("input", func(m *onnx.Model) map[string]string { return types(m.Proto.GetGraph().GetInput()) })
	both("output", func(m *onnx.Model) map[string]string { return types(m.Proto.GetGraph().GetOutput()) })
	both("metadata", metadata)
	return append(list, functionChanges(a, b)...)
}

func opsets(m *onnx.Model) map[string]string {
	found := map[string]string{}
	for _, o := range m.Proto.GetOpsetImport() {
		domain := o.GetDomain()
		if domain == "" {
			domain = "ai.onnx"
		}
		found[domain] = fmt.Sprint(o.GetVersion())
	}
	return found
}

func types(list []*onnxpb.ValueInfoProto) map[string]string {
	found := map[string]string{}
	for _, v := range list {
		found[v.GetName()] = dump.Type(v.GetType())
	}
	return found
}

func metadata(m *onnx.Model) map[string]string {
	found := map[string]string{}
	for _, e := range m.Proto.GetMetadataProps() {
		found[e.GetKey()] = e.GetValue()
	}
	return found
}

func functionChanges(a, b *onnx.Model) []Change {
	of := func(m *onnx.Model) map[string]*onnxpb.FunctionProto {
		found := map[string]*onnxpb.FunctionProto{}
		for _, f := range m.Proto.GetFunctions() {
			found[strings.TrimSuffix(f.GetDomain()+"."+f.GetName()+":"+f.GetOverload(), ":")] = f
		}
		return found
	}
	text := func(f *onnxpb.FunctionProto) string {
		if f == nil {
			return ""
		}
		return fmt.Sprintf("%d nodes", len(f.GetNode()))
	}
	var list []Change
	x, y := of(a), of(b)
	for _, name := range names(x, y) {
		list = append(list, differing("function "+name, text(x[name]), text(y[name]), proto.Equal(x[name], y[name]))...)
	}
	return list
}
