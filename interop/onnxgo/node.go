package onnxgo

import (
	"github.com/owulveryck/onnx-go"
	"gorgonia.org/tensor"
)

// Node is a value of the graph. onnx-go may make several of one name; they are
// the same value.
type Node struct {
	graph *Graph
	id    int64
	*value
}

// value is an input, a weight, or what an operation computes.
type value struct {
	name   string
	op     *operation    // that makes it, or nil
	inputs []edge        // of op
	held   tensor.Tensor // what was set
	fed    bool          // it was set after the first operation was known: an input, which changes
}

var (
	_ onnx.Namer       = (*Node)(nil)
	_ onnx.DataCarrier = (*Node)(nil)
)

// ID is the node's number.
func (n *Node) ID() int64 { return n.id }

// GetName returns the value's name in the file.
func (n *Node) GetName() string { return n.name }

// SetName makes n the value of that name.
func (n *Node) SetName(name string) { n.value = n.graph.value(name) }

// SetTensor gives the value data. onnx-go does so while it decodes, with weights
// and with the declared shapes of inputs and outputs; later it is an input. The
// tensor is read when the graph runs.
func (n *Node) SetTensor(t tensor.Tensor) error {
	n.held = t
	if fed := len(n.graph.operations) > 0; fed && !n.fed {
		n.fed, n.graph.run = true, nil
	}
	return nil
}

// GetTensor returns the value that the last run computed, and otherwise what was
// set. It is nil if that cannot be computed; the next Run says why.
func (n *Node) GetTensor() tensor.Tensor {
	if n.op == nil || n.graph.run == nil {
		return n.held
	}
	return n.graph.computed(n.value)
}
