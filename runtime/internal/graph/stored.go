package graph

import (
	"cmp"
	"sync"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/tensor"
)

// stored is a constant that is still in the model's file. A run needs weights
// as they are packed, and no second time.
type stored struct {
	*onnx.Stored
	reads *Reads
	mu    sync.Mutex
	kept  *tensor.Tensor
}

// Reads has the first error of reading constants from a file. What could not be
// read is zeros: whoever makes something of constants asks for the error
// before using it.
type Reads struct {
	mu  sync.Mutex
	err error
}

// Err returns the error since the last call.
func (r *Reads) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.err
	r.err = nil
	return err
}

// read fills dst with the elements from number first on.
func (s *stored) read(dst []float32, first int) error {
	err := s.Read(dst, first)
	if err != nil {
		clear(dst)
		s.reads.mu.Lock()
		defer s.reads.mu.Unlock()
		s.reads.err = cmp.Or(s.reads.err, err)
	}
	return err
}

// tensor returns all elements, and keeps them if it is told to.
func (s *stored) tensor(keep bool) *tensor.Tensor {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept != nil {
		return s.kept
	}
	t := tensor.New(tensor.Float32, s.Shape...)
	if s.read(tensor.Data[float32](t), 0) == nil && keep {
		s.kept = t
	}
	return t
}

// constantIn is a new value that is known, from a file.
func constantIn(name string, s *onnx.Stored, reads *Reads) *Value {
	return &Value{Name: name, Type: ops.Type{DType: tensor.Float32, Shape: s.Shape}, stored: &stored{Stored: s, reads: reads}}
}

// Known reports whether v is a constant.
func (v *Value) Known() bool { return v != nil && (v.Type.Value != nil || v.stored != nil) }

// KnownFloats reports whether v is a float32 constant.
func (v *Value) KnownFloats() bool { return v.Known() && v.Type.DType == tensor.Float32 }

// Const returns the value's data if it is a constant, else nil. Of a constant in
// a file it is read each time.
func (v *Value) Const() *tensor.Tensor {
	if v != nil && v.stored != nil {
		return v.stored.tensor(false)
	}
	if v == nil {
		return nil
	}
	return v.Type.Value
}

// Keep is Const for somebody who keeps the data: all share them.
func (v *Value) Keep() *tensor.Tensor {
	if v != nil && v.stored != nil {
		return v.stored.tensor(true)
	}
	return v.Const()
}

// Source identifies a constant's data: it is the same for all copies of a
// value, and nil if v is no constant.
func (v *Value) Source() any {
	switch {
	case !v.Known():
		return nil
	case v.stored != nil:
		return v.stored
	}
	return v.Type.Value
}

// Rows returns a function that returns n rows of k elements of a float32
// constant, from number first on, in buf if they are in a file.
func (v *Value) Rows(k int) func(first, n int, buf []float32) []float32 {
	if v.stored == nil {
		w := tensor.Data[float32](v.Type.Value)
		return func(first, n int, _ []float32) []float32 { return w[first*k:][:n*k] }
	}
	return func(first, n int, buf []float32) []float32 {
		v.stored.read(buf[:n*k], first*k)
		return buf[:n*k]
	}
}

// Embed reads all constants of g into memory, once for all graphs that share
// them.
func (g *Graph) Embed() {
	embed := func(v *Value) {
		if v.stored != nil {
			v.Type.Value, v.stored = v.stored.tensor(true), nil
		}
	}
	for _, n := range g.Nodes {
		for v := range n.Operands {
			embed(v)
		}
	}
	for _, o := range g.Outputs {
		embed(o.Value)
	}
}
