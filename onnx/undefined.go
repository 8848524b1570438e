package onnx

import (
	"fmt"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx/internal/fieldpath"
	"github.com/mixconv/mixconv/onnx/onnxpb"
)

// What follows runs only for an error, so that it can afford to find the
// reason.

// undefined says why input j of nodes[i] has no value: the nodes form a cycle,
// they are not in order, or nothing has that name.
func (c *checker) undefined(nodes []*onnxpb.NodeProto, i, j int) string {
	name := nodes[i].GetInput()[j]
	what := fmt.Sprintf("input %d %s", j, errs.Quote(name))
	producers := map[string]int{}
	for k, n := range nodes {
		for _, out := range n.GetOutput() {
			producers[out] = k
		}
	}
	k, produced := producers[name]
	switch {
	case !produced:
		return what + " is not defined" + c.hint(name)
	case k == i:
		return what + " is the node's own output"
	}
	if way := dependency(nodes, producers, k, i); way != nil {
		steps := []string{nodeLabel(nodes, i)}
		for _, n := range way {
			steps = append(steps, nodeLabel(nodes, n))
		}
		return fmt.Sprintf("%s closes a cycle: %s", what, strings.Join(elide(steps), " ← "))
	}
	return fmt.Sprintf("%s is produced later, by %s: nodes must be in topological order", what, nodeLabel(nodes, k))
}

// dependency returns the nodes by which from depends on to, both included, or
// nil.
func dependency(nodes []*onnxpb.NodeProto, producers map[string]int, from, to int) []int {
	parent := map[int]int{from: -1}
	queue := []int{from}
	for len(queue) > 0 && queue[0] != to {
		n := queue[0]
		queue = queue[1:]
		for _, in := range nodes[n].GetInput() {
			p, ok := producers[in]
			if _, seen := parent[p]; ok && !seen {
				parent[p] = n
				queue = append(queue, p)
			}
		}
	}
	if len(queue) == 0 {
		return nil
	}
	var back []int
	for n := to; n != -1; n = parent[n] {
		back = append(back, n)
	}
	for a, b := 0, len(back)-1; a < b; a, b = a+1, b-1 {
		back[a], back[b] = back[b], back[a]
	}
	return back
}

func nodeLabel(nodes []*onnxpb.NodeProto, i int) string {
	return (*fieldpath.Path)(nil).Typed("node", i, nodes[i].GetName(), nodes[i].GetOpType()).String()
}

// hint names the visible value whose name is closest to name, if one is close.
func (c *checker) hint(name string) string {
	best, distance := "", min(2+len(name)/5, 4)
	work := 2_000_000 // of comparing bytes, so that a large graph does not wait for it
	try := func(candidate string) {
		gap := len(candidate) - len(name)
		if candidate == "" || gap >= distance || -gap >= distance || work < 0 {
			return
		}
		work -= len(candidate) * len(name)
		if d := editDistance(name, candidate); d < distance || d == distance && candidate < best {
			best, distance = candidate, d
		}
	}
	for _, candidate := range c.scope.order {
		try(candidate)
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %s?)", errs.Quote(best))
}

// editDistance is the number of insertions, deletions and substitutions of
// bytes that turn a into b.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
