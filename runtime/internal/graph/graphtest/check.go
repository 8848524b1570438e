package graphtest

import (
	"fmt"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/tensor"
)

// Check validates a typed graph: nodes stand behind those that make what they read,
// every value is made once and names its node, outputs are there, and the type of every
// value is what its operator infers from its inputs.
func Check(g *graph.Graph) error {
	made := map[*graph.Value]bool{}
	for i, v := range g.Inputs {
		if v == nil || v.Def != nil || v.Known() || made[v] {
			return fmt.Errorf("input %d is missing, made by a node, known or there twice", i)
		}
		made[v] = true
	}
	for i, n := range g.Nodes {
		if err := checkNode(n, made); err != nil {
			return fmt.Errorf("node %d %q: %w", i, n.Name, err)
		}
	}
	for i, o := range g.Outputs {
		if o.Value == nil || !o.Value.Known() && !made[o.Value] {
			return fmt.Errorf("output %d %q: nothing makes its value", i, o.Name)
		}
		if err := checkConstant(o.Value); err != nil {
			return fmt.Errorf("output %d %q: %w", i, o.Name, err)
		}
	}
	return nil
}

// checkNode checks n and adds its outputs to the values that are made.
func checkNode(n *graph.Node, made map[*graph.Value]bool) error {
	if n.Op == nil {
		return fmt.Errorf("no operator")
	}
	for v := range n.Operands {
		if !v.Known() && !made[v] {
			return fmt.Errorf("reads %q, which nothing before makes", v.Name)
		}
		if err := checkConstant(v); err != nil {
			return err
		}
	}
	for i, v := range n.Out {
		switch {
		case v == nil:
		case made[v]:
			return fmt.Errorf("output %d: %q is made already", i, v.Name)
		case v.Def != n:
			return fmt.Errorf("output %d: %q does not name this node as the one that makes it", i, v.Name)
		default:
			made[v] = true
		}
	}
	if n.Means != nil {
		made[n.Means] = true
	}
	if err := checkTypes(n); err != nil {
		return err
	}
	return checkEpilogue(n)
}

// checkConstant checks that a constant is of its type.
func checkConstant(v *graph.Value) error {
	t := v.Type.Value
	if t == nil || t.DType.IsSequence() {
		return nil
	}
	if t.DType != v.Type.DType || !t.Shape.Equal(v.Type.Shape) {
		return fmt.Errorf("constant %q of type %s%s holds %s%s", v.Name, v.Type.DType, v.Type.Shape, t.DType, t.Shape)
	}
	return t.Check()
}

// checkTypes infers n's outputs again.
func checkTypes(n *graph.Node) error {
	call, err := n.Call()
	if err != nil {
		return err
	}
	types, err := call.Infer()
	if err != nil {
		return err
	}
	for i, v := range n.Out {
		if v == nil {
			continue
		}
		if i >= len(types) {
			return fmt.Errorf("%d outputs, %s makes %d", len(n.Out), n.Op, len(types))
		}
		if !sameType(v.Type, types[i]) {
			return fmt.Errorf("%s makes %q: %s%s, its inputs make it %s%s", n.Op, v.Name, v.Type.DType, v.Type.Shape, types[i].DType, types[i].Shape)
		}
	}
	return nil
}

func sameType(a, b ops.Type) bool {
	return a.DType == b.DType && a.Optional == b.Optional && (a.Shape == nil) == (b.Shape == nil) && a.Shape.Equal(b.Shape)
}

// checkEpilogue checks what passes moved into n.
func checkEpilogue(n *graph.Node) error {
	p := n.Post
	if p == (graph.Epilogue{}) {
		return nil
	}
	y := n.Out[0].Type
	if len(n.Out) != 1 || y.DType != tensor.Float32 {
		return fmt.Errorf("an epilogue of %d results of %s, must be one of float32", len(n.Out), y.DType)
	}
	if r := p.Residual; r != nil && !sameType(r.Type, y) {
		return fmt.Errorf("adds %q, %s%s, to %s%s", r.Name, r.Type.DType, r.Type.Shape, y.DType, y.Shape)
	}
	if b := p.Bias; b != nil {
		if rank := len(y.Shape); !b.Known() || b.Type.DType != tensor.Float32 || rank == 0 || !b.Type.Shape.Equal(y.Shape[rank-1:]) {
			return fmt.Errorf("a bias %s%s of results %s", b.Type.DType, b.Type.Shape, y.Shape)
		}
	}
	return nil
}
