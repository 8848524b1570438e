package graph

import (
	"fmt"
	"math"
	"reflect"
	"slices"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/tensor"
)

// Separable returns nil if picture i of every output of all depends on picture i
// of the inputs alone, and one computes it: if the batch may be run picture by
// picture. all and one are one model specialised for inputs of shapes [N,…] and
// [1,…], N > 1. Otherwise the error says what stands against it.
//
// This is proved node by node. Both graphs must have the same nodes, and each
// node must be of an operator that is known to compute the pictures of its
// results one by one (separates) from operands that are either *batched*,
// with a picture each, or *shared*, the same for all. What is not known to be
// so is not separable.
func Separable(all, one *Graph) error {
	if len(all.Inputs) == 0 || len(all.Nodes) != len(one.Nodes) {
		return fmt.Errorf("other nodes for one picture")
	}
	s := &separator{pairs: map[*Value]*Value{}, pictures: pictures(all.Inputs[0].Type.Shape)}
	if s.pictures < 2 {
		return fmt.Errorf("no batch")
	}
	for i, v := range all.Inputs {
		if !s.bind(v, one.Inputs[i]) {
			return fmt.Errorf("input %q: %s, and %s for one picture", v.Name, v.Type.Shape, one.Inputs[i].Type.Shape)
		}
	}
	for i, n := range all.Nodes {
		if !s.node(n, one.Nodes[i]) {
			return fmt.Errorf("node %q: %s mixes pictures, or may", n.Name, n.Op)
		}
	}
	for i, o := range all.Outputs {
		if s.kind(o.Value, one.Outputs[i].Value) != batched {
			return fmt.Errorf("output %q has no picture for each of the batch", o.Name)
		}
	}
	return nil
}

func pictures(s tensor.Shape) int {
	if len(s) == 0 {
		return 0
	}
	return s[0]
}

// kind is what a value is to the pictures of a batch.
type kind int

const (
	absent  kind = iota // an optional operand that is not there
	batched             // [N,…], [1,…] for one picture: picture i is that of one's run on picture i
	shared              // a constant, the same for any number of pictures
	other               // another constant for one picture, such as a shape, or two that are no pair
)

// separator walks over both graphs.
type separator struct {
	pictures int
	pairs    map[*Value]*Value // batched values of all, and what they are in one
}

// batchedTypes reports whether a's shape is b's but for the number of pictures.
func (s *separator) batchedTypes(a, b ops.Type) bool {
	return a.DType == b.DType && a.Shape.Known() && b.Shape.Known() &&
		pictures(a.Shape) == s.pictures && pictures(b.Shape) == 1 && a.Shape[1:].Equal(b.Shape[1:])
}

// bind makes a and b a pair of batched values if their types allow that.
func (s *separator) bind(a, b *Value) bool {
	if a.Known() || b.Known() || !s.batchedTypes(a.Type, b.Type) {
		return false
	}
	s.pairs[a] = b
	return true
}

// kind compares an operand of both graphs.
func (s *separator) kind(a, b *Value) kind {
	switch {
	case a == nil && b == nil:
		return absent
	case a == nil || b == nil:
		return other
	case s.pairs[a] == b:
		return batched
	case !a.Known() || !b.Known():
		return other
	case a.Source() == b.Source():
		return shared
	case identical(a.Const(), b.Const()):
		return shared
	case s.repeats(a, b):
		return batched
	}
	return other
}

// repeats reports whether constant a is constant b once for each picture.
func (s *separator) repeats(a, b *Value) bool {
	if !s.batchedTypes(a.Type, b.Type) {
		return false
	}
	for i := range s.pictures {
		if !identical(a.Const().Rows(i, 1), b.Const()) {
			return false
		}
	}
	return true
}

// identical reports whether a and b are the same to the bit.
func identical(a, b *tensor.Tensor) bool {
	if a == b {
		return true
	}
	if a.DType != b.DType || !a.Shape.Equal(b.Shape) {
		return false
	}
	switch x := a.Data.(type) {
	case []float32:
		return slices.EqualFunc(x, tensor.Data[float32](b), func(v, w float32) bool { return math.Float32bits(v) == math.Float32bits(w) })
	case []float64:
		return slices.EqualFunc(x, tensor.Data[float64](b), func(v, w float64) bool { return math.Float64bits(v) == math.Float64bits(w) })
	case []complex64, []complex128:
		return false
	}
	return reflect.DeepEqual(a.Data, b.Data)
}

// node reports whether a, which is b in the graph for one picture, separates.
func (s *separator) node(a, b *Node) bool {
	if a.Op != b.Op || a.Version != b.Version || a.Post.Act != b.Post.Act ||
		len(a.In) != len(b.In) || len(a.Out) != len(b.Out) || !reflect.DeepEqual(a.Attrs, b.Attrs) {
		return false
	}
	rule := separates(a.Op)
	if rule == nil || a.Out[0] == nil {
		return false
	}
	var err error
	t := &twin{out: a.Out[0].Type.Shape, pictures: s.pictures}
	if t.all, err = a.Call(); err != nil {
		return false
	}
	if t.one, err = b.Call(); err != nil {
		return false
	}
	for i := range a.In {
		t.kinds = append(t.kinds, s.kind(a.In[i], b.In[i]))
	}
	if r := s.kind(a.Post.Residual, b.Post.Residual); r != absent && r != batched || !rule(t) {
		return false
	}
	for i, v := range a.Out {
		if (v == nil) != (b.Out[i] == nil) || v != nil && !s.bind(v, b.Out[i]) {
			return false
		}
	}
	return true
}
