package inline

import (
	"strconv"
	"unicode/utf8"

	"github.com/mixconv/mixconv/onnx/internal/message"
	"github.com/mixconv/mixconv/onnx/onnxpb"
)

// names hands out names that nothing else in the model has.
type names struct {
	taken map[string]bool
	next  map[string]int // the number to try next for a name that was taken
	most  int            // bytes
}

func newNames(most int) names {
	return names{taken: map[string]bool{}, next: map[string]int{}, most: most}
}

// unique returns name, or name with a number behind it, and takes it. A name
// that would be too long loses its beginning, the least telling part.
func (n *names) unique(name string) string {
	const number = 8 // bytes kept free
	name = tail(name, n.most-number)
	final := name
	for n.taken[final] {
		n.next[name] = max(n.next[name], 1) + 1
		final = name + "_" + strconv.Itoa(n.next[name])
	}
	n.taken[final] = true
	return final
}

// tail returns the end of name, at most that many bytes.
func tail(name string, most int) string {
	if len(name) <= most {
		return name
	}
	cut := len(name) - max(most, 1)
	for cut < len(name) && !utf8.RuneStart(name[cut]) {
		cut++
	}
	return name[cut:]
}

// takeNames takes all names of a model's graph, in subgraphs too, so that no
// inlined value gets one of them.
func (in *inliner) takeNames(g *onnxpb.GraphProto) {
	graph := func(g *onnxpb.GraphProto) {
		for name := range message.Declared(g) {
			in.values.taken[name] = true
		}
	}
	graph(g)
	message.EachNode(g.GetNode(), func(n *onnxpb.NodeProto) {
		in.nodeNames.taken[n.GetName()] = true
		for _, name := range n.GetOutput() {
			in.values.taken[name] = true
		}
		for g := range message.Subgraphs(n) {
			graph(g)
		}
	})
}
