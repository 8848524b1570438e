package diff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/dump"
	"github.com/mixconv/mixconv/onnx/onnxpb"
)

// matching pairs the nodes of two models.
type matching struct {
	a, b    *onnx.Model
	pairs   []pair
	onlyA   []*onnxpb.NodeProto
	onlyB   []*onnxpb.NodeProto
	values  map[string]string // names in a, by those in b
	weights map[string]string // names in b by those in a, of initializers that paired nodes read
}

type pair struct {
	a, b    *onnxpb.NodeProto
	renamed bool
}

// match pairs nodes of one name, and what is left in the order in which it stands if
// operator and attributes are the same.
func match(a, b *onnx.Model) *matching {
	m := &matching{a: a, b: b, values: map[string]string{}, weights: map[string]string{}}
	nodesA, nodesB := a.Proto.GetGraph().GetNode(), b.Proto.GetGraph().GetNode()
	inB := unique(nodesB)
	other := make([]int, len(nodesA)) // in b, -1 for none
	taken := make([]bool, len(nodesB))
	for i := range other {
		other[i] = -1
	}
	for name, i := range unique(nodesA) {
		if j, ok := inB[name]; ok {
			other[i], taken[j] = j, true
		}
	}
	byName := slices.Clone(other)
	m.alignRest(nodesA, nodesB, other, taken)
	for i, n := range nodesA {
		if other[i] < 0 {
			m.onlyA = append(m.onlyA, n)
			continue
		}
		m.pairs = append(m.pairs, pair{n, nodesB[other[i]], byName[i] < 0})
	}
	for j, n := range nodesB {
		if !taken[j] {
			m.onlyB = append(m.onlyB, n)
		}
	}
	m.translate()
	return m
}

// nodeName is a node's name, or that of its first result.
func nodeName(n *onnxpb.NodeProto) string {
	if n.GetName() != "" {
		return n.GetName()
	}
	for _, out := range n.GetOutput() {
		if out != "" {
			return out
		}
	}
	return ""
}

// unique has the places of nodes whose name no other has.
func unique(nodes []*onnxpb.NodeProto) map[string]int {
	found, twice := map[string]int{}, map[string]bool{}
	for i, n := range nodes {
		name := nodeName(n)
		if _, ok := found[name]; ok || name == "" {
			twice[name] = true
		}
		found[name] = i
	}
	for name := range twice {
		delete(found, name)
	}
	return found
}

// maxAlign bounds the work of alignRest: the product of the two lengths.
const maxAlign = 1 << 22

// alignRest pairs what no name did, by the longest common subsequence of operators with
// their attributes.
func (m *matching) alignRest(nodesA, nodesB []*onnxpb.NodeProto, other []int, taken []bool) {
	var restA, restB []int
	for i := range nodesA {
		if other[i] < 0 {
			restA = append(restA, i)
		}
	}
	for j := range nodesB {
		if !taken[j] {
			restB = append(restB, j)
		}
	}
	if len(restA) == 0 || len(restB) == 0 || len(restA)*len(restB) > maxAlign {
		return
	}
	signsA, signsB := m.signatures(m.a, nodesA, restA), m.signatures(m.b, nodesB, restB)
	width := len(restB) + 1
	best := make([]int32, (len(restA)+1)*width) // of the two tails
	for i := len(restA) - 1; i >= 0; i-- {
		for j := len(restB) - 1; j >= 0; j-- {
			at := i*width + j
			best[at] = max(best[at+1], best[at+width])
			if signsA[i] == signsB[j] {
				best[at] = max(best[at], best[at+width+1]+1)
			}
		}
	}
	for i, j := 0, 0; i < len(restA) && j < len(restB); {
		at := i*width + j
		switch {
		case signsA[i] == signsB[j] && best[at] == best[at+width+1]+1:
			other[restA[i]], taken[restB[j]] = restB[j], true
			i, j = i+1, j+1
		case best[at] == best[at+width]:
			i++
		default:
			j++
		}
	}
}

// signatures are the nodes' operators as text, with the shapes of the weights that they
// read or, if they read none of two dimensions or more, with their attributes: exporters
// write padding in several ways, and the same numbers.
func (m *matching) signatures(of *onnx.Model, nodes []*onnxpb.NodeProto, places []int) []string {
	shapes := map[string]string{}
	for _, t := range of.Proto.GetGraph().GetInitializer() {
		if len(t.GetDims()) > 1 {
			shapes[t.GetName()] = fmt.Sprint(t.GetDims())
		}
	}
	list := make([]string, len(places))
	for i, at := range places {
		var parts []string
		for _, name := range nodes[at].GetInput() {
			if shape, ok := shapes[name]; ok {
				parts = append(parts, shape)
			}
		}
		if len(parts) == 0 {
			for _, a := range nodes[at].GetAttribute() {
				parts = append(parts, a.GetName()+"="+dump.Attribute(of, a))
			}
			slices.Sort(parts)
		}
		list[i] = callee(nodes[at]) + " " + strings.Join(parts, " ")
	}
	return list
}

// callee is a node's operator, with the domain if it is not ONNX's own.
func callee(n *onnxpb.NodeProto) string {
	if d := n.GetDomain(); d != "" && d != "ai.onnx" {
		return d + "." + n.GetOpType()
	}
	return n.GetOpType()
}

// translate finds what values of b are called in a: what paired nodes make, inputs at the
// same place, and weights that paired nodes read and that have no twin by name.
func (m *matching) translate() {
	storedA, storedB := initializers(m.a), initializers(m.b)
	inputsA, inputsB := inputs(m.a), inputs(m.b)
	for i := range min(len(inputsA), len(inputsB)) {
		m.values[inputsB[i].GetName()] = inputsA[i].GetName()
	}
	for _, p := range m.pairs {
		for i := range min(len(p.a.GetOutput()), len(p.b.GetOutput())) {
			m.values[p.b.GetOutput()[i]] = p.a.GetOutput()[i]
		}
		for i := range min(len(p.a.GetInput()), len(p.b.GetInput())) {
			nameA, nameB := p.a.GetInput()[i], p.b.GetInput()[i]
			if storedA[nameA] && storedB[nameB] && !storedB[nameA] && !storedA[nameB] && m.values[nameB] == "" && m.weights[nameA] == "" {
				m.values[nameB], m.weights[nameA] = nameA, nameB
			}
		}
	}
}

func initializers(m *onnx.Model) map[string]bool {
	names := map[string]bool{}
	for _, t := range m.Proto.GetGraph().GetInitializer() {
		names[t.GetName()] = true
	}
	return names
}

// inputs are those of the graph that no initializer fills.
func inputs(m *onnx.Model) []*onnxpb.ValueInfoProto {
	stored := initializers(m)
	return slices.DeleteFunc(slices.Clone(m.Proto.GetGraph().GetInput()), func(v *onnxpb.ValueInfoProto) bool { return stored[v.GetName()] })
}
