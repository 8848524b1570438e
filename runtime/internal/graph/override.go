package graph

import (
	"errors"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/ops"
)

// overridableIR is the version of the file format since which an initializer may
// be no input, so that one that is an input is a default. Before, every initializer
// had to be an input, and is a constant, as in ONNX Runtime.
const overridableIR = 4

// Default is an input that has a constant's value unless a caller gives another.
type Default struct {
	Value    *Value
	Declared ops.Type // what may be given
}

// untyped is a graph as the file has it, before types are inferred and constants
// folded.
type untyped struct {
	model *onnx.Model
	graph *Graph
}

// remember keeps what Override needs, if there is anything to override.
func (g *Graph) remember(b *limit.Budget, m *onnx.Model) error {
	if len(g.Defaults) == 0 {
		return nil
	}
	c, err := g.Clone(b)
	g.untyped = &untyped{m, c}
	return err
}

// Override returns the graph of g's file in which those constants among g's
// Defaults that given chooses are inputs, after the others. It shares the
// constants with g.
func (g *Graph) Override(b *limit.Budget, given func(name string) bool) (*Graph, error) {
	if g.untyped == nil {
		return nil, errors.New("no input has a default")
	}
	c, err := g.untyped.graph.Clone(b)
	if err != nil {
		return nil, err
	}
	var kept []Default
	for _, d := range c.Defaults {
		if !given(d.Value.Name) {
			kept = append(kept, d)
			continue
		}
		d.Value.Type, d.Value.stored = d.Declared, nil
		c.Inputs = append(c.Inputs, d.Value)
	}
	c.Defaults = kept
	return c, c.typeAll(b, g.untyped.model, nil)
}
