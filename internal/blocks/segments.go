package blocks

import "strconv"

// Node is what is asked of a graph's node. In and Out are values, constants left out.
type Node struct {
	Name    string
	In, Out []string
}

// Segment is a block, or a run of nodes outside blocks: then Block is "". Nodes are
// indices in the graph's order.
type Segment struct {
	Block string
	Nodes []int
}

// Split splits a graph, whose nodes stand in an order in which they can run, into blocks
// by the nodes' names. Where no name tells a block, or names number nodes rather than
// blocks, a block is what lies between two places that a single value passes, if values
// run side by side in it.
func Split(nodes []Node) []Segment {
	var list []Segment
	at := map[string]int{} // of a block in list
	for i, n := range nodes {
		block := Of(n.Name)
		if block == "" && len(n.Out) > 0 {
			block = Of(n.Out[0])
		}
		place, found := at[block]
		if block == "" {
			place = len(list) - 1
			found = place >= 0 && list[place].Block == ""
		}
		if !found {
			place = len(list)
			list = append(list, Segment{Block: block})
			at[block] = place
		}
		list[place].Nodes = append(list[place].Nodes, i)
	}
	if len(list) == 1 && list[0].Block == "" || 2*len(at)-2 > len(nodes) && len(nodes) > fewNodes {
		return byStructure(nodes)
	}
	return list
}

// fewNodes may be as many blocks.
const fewNodes = 8

// leastBlock is how many nodes a block that structure tells has at least.
const leastBlock = 3

func byStructure(nodes []Node) []Segment {
	last := map[string]int{} // node that reads a value last
	for i, n := range nodes {
		for _, v := range n.In {
			last[v] = i
		}
	}
	live := map[string]bool{}
	var list []Segment
	from, forks := 0, false
	for i, n := range nodes {
		for _, v := range n.Out {
			if last[v] > i {
				live[v] = true
			}
		}
		for _, v := range n.In {
			if last[v] > i {
				live[v] = true
			} else {
				delete(live, v)
			}
		}
		if len(live) > 1 {
			forks = true
			continue
		}
		list = appendPart(list, from, i+1, forks)
		from, forks = i+1, false
	}
	return appendPart(list, from, len(nodes), true)
}

// appendPart appends nodes from … to-1 as a block, or to the run of nodes before them.
func appendPart(list []Segment, from, to int, forks bool) []Segment {
	if from == to {
		return list
	}
	block := ""
	if forks && to-from >= leastBlock {
		block = "part " + strconv.Itoa(1+countBlocks(list))
	}
	if n := len(list); block != "" || n == 0 || list[n-1].Block != "" {
		list = append(list, Segment{Block: block})
	}
	s := &list[len(list)-1]
	for i := from; i < to; i++ {
		s.Nodes = append(s.Nodes, i)
	}
	return list
}

func countBlocks(list []Segment) int {
	n := 0
	for _, s := range list {
		if s.Block != "" {
			n++
		}
	}
	return n
}
