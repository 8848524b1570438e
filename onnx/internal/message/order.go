package message

import (
	"slices"

	"github.com/mixconv/mixconv/onnx/onnxpb"
)

// ONNX wants nodes in topological order. Some writers do not keep to it, and
// runtimes sort what they read: so does this project. Nodes keep the file's order,
// but that those whose results a node reads stand before it. Where nodes form a
// cycle the order stays as it is, and the checker says so.

// SortNodes sorts the nodes of p's graph, of the graphs in attributes, and of
// functions.
func SortNodes(p *onnxpb.ModelProto) {
	if p.GetGraph() != nil {
		sortGraph(p.GetGraph())
	}
	for _, f := range p.GetFunctions() {
		sortList(f.GetNode())
		for _, a := range f.GetAttributeProto() {
			for _, g := range AttributeGraphs(a) {
				sortGraph(g)
			}
		}
	}
}

// sortGraph sorts the nodes of g and of the graphs in it, and returns the names
// that g takes from the graphs around it.
func sortGraph(g *onnxpb.GraphProto) (outer []string) {
	reads := sortList(g.GetNode())
	own := map[string]bool{"": true}
	for name := range Declared(g) {
		own[name] = true
	}
	for _, n := range g.GetNode() {
		for _, name := range n.GetOutput() {
			own[name] = true
		}
	}
	take := func(name string) {
		if !own[name] {
			own[name] = true // once
			outer = append(outer, name)
		}
	}
	for _, list := range reads {
		for _, name := range list {
			take(name)
		}
	}
	for _, v := range g.GetOutput() {
		take(v.GetName())
	}
	return outer
}

// sortList sorts nodes, and those of the graphs in them, in place. It returns
// what each node reads, in no particular order of nodes.
func sortList(nodes []*onnxpb.NodeProto) (reads [][]string) {
	reads = make([][]string, len(nodes))
	for i, n := range nodes {
		reads[i] = n.GetInput()
		for g := range Subgraphs(n) {
			reads[i] = append(slices.Clip(reads[i]), sortGraph(g)...)
		}
	}
	order, cycle := Topological(nodes, reads)
	if cycle != nil || slices.IsSorted(order) {
		return reads
	}
	unsorted := slices.Clone(nodes)
	for i, at := range order {
		nodes[i] = unsorted[at]
	}
	return reads
}

// Topological returns the places of nodes in an order in which each stands behind
// those whose outputs it reads: depth first, so that what is in order stays so.
// If there is none it returns the nodes of a cycle, each reading a result of the
// next one; the first stands at the end again.
func Topological(nodes []*onnxpb.NodeProto, reads [][]string) (order, cycle []int) {
	producer := make(map[string]int, len(nodes))
	for i, n := range nodes {
		for _, name := range n.GetOutput() {
			if _, twice := producer[name]; name != "" && !twice {
				producer[name] = i
			}
		}
	}
	const open, done = 1, 2
	state, next := make([]uint8, len(nodes)), make([]int, len(nodes))
	var stack []int
	for i := range nodes {
		if state[i] == done {
			continue
		}
		state[i], stack = open, append(stack, i)
		for len(stack) > 0 {
			at := stack[len(stack)-1]
			if next[at] == len(reads[at]) {
				state[at], stack, order = done, stack[:len(stack)-1], append(order, at)
				continue
			}
			from, made := producer[reads[at][next[at]]]
			next[at]++
			switch {
			case !made || state[from] == done:
			case state[from] == open:
				return nil, append(slices.Clone(stack[slices.Index(stack, from):]), from)
			default:
				state[from], stack = open, append(stack, from)
			}
		}
	}
	return order, nil
}
