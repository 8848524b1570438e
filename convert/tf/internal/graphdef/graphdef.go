package graphdef

import (
	"strings"

	"github.com/mixconv/mixconv/convert/tf/internal/wire"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
)

// maxInputs bounds the inputs of all nodes, each of which may take two bytes
// of a file.
const maxInputs = 1_000_000

// Node is one operation.
type Node struct {
	Name, Op string
	Inputs   []Input // data inputs, in order
	Attrs    map[string]Attr

	controls []string // names of the nodes that must run before
	offset   int64
}

// Input is a reference to a node's output.
type Input struct {
	Node   *Node
	Output int

	name string
}

// Graph is a GraphDef whose references have been resolved.
type Graph struct {
	Nodes []*Node // as in the file

	byName map[string]*Node
}

// Node returns the node of that name, nil if there is none.
func (g *Graph) Node(name string) *Node { return g.byName[name] }

// Parse reads the GraphDef in data, which begins at offset base of its file.
// Constants share data's memory.
func Parse(data []byte, base int64, lim limit.Limits) (*Graph, error) {
	lim = lim.OrDefault()
	g := &Graph{byName: map[string]*Node{}}
	inputs := 0
	err := wire.Fields(data, base, func(f wire.Field) error {
		if f.Number != 1 { // versions, library
			return nil
		}
		if len(g.Nodes) == lim.Nodes {
			return errs.FormatAt(f.Offset, "graph", "more than %d nodes", lim.Nodes)
		}
		n, err := parseNode(f)
		if err != nil {
			return err
		}
		if inputs += len(n.Inputs) + len(n.controls); inputs > maxInputs {
			return n.fail("the graph's nodes have more than %d inputs", maxInputs)
		}
		if n.Name == "" || len(n.Name) > lim.NameBytes {
			return n.fail("the name has %d bytes, allowed 1 to %d", len(n.Name), lim.NameBytes)
		}
		if g.byName[n.Name] != nil {
			return n.fail("the name comes twice")
		}
		g.byName[n.Name] = n
		g.Nodes = append(g.Nodes, n)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := g.connect(); err != nil {
		return nil, err
	}
	return g, g.checkOrder()
}

func (n *Node) fail(format string, args ...any) error {
	field := "node " + errs.Quote(n.Name)
	if n.Op != "" {
		field += " (" + errs.Quote(n.Op) + ")"
	}
	return errs.FormatAt(n.offset, field, format, args...)
}

func parseNode(f wire.Field) (*Node, error) {
	n := &Node{offset: f.Offset}
	var seen wire.Once
	err := f.Message(func(f wire.Field) (err error) {
		switch f.Number {
		case 1:
			n.Name, err = f.Text()
		case 2:
			n.Op, err = f.Text()
		case 3:
			var input string
			if input, err = f.Text(); err == nil {
				err = n.addInput(input)
			}
			return err
		case 5:
			return n.addAttr(f)
		default: // device and debug info
			return nil
		}
		if err != nil {
			return err
		}
		return seen.Check(f)
	})
	return n, err
}

// addInput parses "node", "node:output" or "^node".
func (n *Node) addInput(s string) error {
	if name, ok := strings.CutPrefix(s, "^"); ok {
		n.controls = append(n.controls, name)
		return nil
	}
	if len(n.controls) > 0 {
		return n.fail("input %s follows a control input", errs.Quote(s))
	}
	name, output, ok := strings.Cut(s, ":")
	in := Input{name: name}
	if ok {
		if len(output) == 0 || len(output) > 5 || strings.Trim(output, "0123456789") != "" {
			return n.fail("input %s: the output must be a number up to 99999", errs.Quote(s))
		}
		for _, c := range output {
			in.Output = 10*in.Output + int(c-'0')
		}
	}
	n.Inputs = append(n.Inputs, in)
	return nil
}

// connect resolves the names of inputs.
func (g *Graph) connect() error {
	for _, n := range g.Nodes {
		for i := range n.Inputs {
			in := &n.Inputs[i]
			if in.Node = g.byName[in.name]; in.Node == nil {
				return n.fail("input %d is %s, which no node is called", i, errs.Quote(in.name))
			}
			in.name = ""
		}
		for _, name := range n.controls {
			if g.byName[name] == nil {
				return n.fail("control input %s, which no node is called", errs.Quote(name))
			}
		}
	}
	return nil
}

// checkOrder refuses a cycle, unless it is one of a loop: those go through a
// NextIteration.
func (g *Graph) checkOrder() error {
	waiting := make(map[*Node]int, len(g.Nodes)) // inputs that have not run
	users := make(map[*Node][]*Node, len(g.Nodes))
	var ready []*Node
	for _, n := range g.Nodes {
		if n.Op != "NextIteration" {
			waiting[n] = len(n.Inputs) + len(n.controls)
			for _, in := range n.Inputs {
				users[in.Node] = append(users[in.Node], n)
			}
			for _, name := range n.controls {
				users[g.byName[name]] = append(users[g.byName[name]], n)
			}
		}
		if waiting[n] == 0 {
			ready = append(ready, n)
		}
	}
	ran := 0
	for ; ran < len(ready); ran++ {
		for _, u := range users[ready[ran]] {
			if waiting[u]--; waiting[u] == 0 {
				ready = append(ready, u)
			}
		}
	}
	if ran == len(g.Nodes) {
		return nil
	}
	for _, n := range g.Nodes {
		if waiting[n] > 0 {
			return n.fail("is in a cycle, or follows one")
		}
	}
	return nil
}
