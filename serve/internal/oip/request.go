package oip

import (
	"math"
	"time"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/tensor"
)

// Request asks for a run of a model.
type Request struct {
	ID      string
	Inputs  map[string]*tensor.Tensor
	Outputs []Wanted      // none: all, in the model's order
	Timeout time.Duration // 0: none said
	Binary  bool          // over HTTP: outputs as binary data, where Outputs does not say

	memory []*Memory // of the inputs
}

// Wanted is an output that is asked for.
type Wanted struct {
	Name    string
	Classes int  // above 0: so many of the likeliest classes in place of the numbers
	Binary  bool // over HTTP: as binary data
}

// Response is the answer.
type Response struct {
	Model, Version, ID string
	Outputs            []Output
}

// Output is one tensor of it.
type Output struct {
	Name   string
	Tensor *tensor.Tensor
	Binary bool
}

// Keep remembers memory that a tensor of r is in.
func (r *Request) Keep(m *Memory) { r.memory = append(r.memory, m) }

// Free gives back the memory of r's inputs.
func (r *Request) Free() {
	for _, m := range r.memory {
		m.Free()
	}
	r.memory, r.Inputs = nil, nil
}

// Add puts an input into r.
func (r *Request) Add(name string, t *tensor.Tensor) error {
	if _, twice := r.Inputs[name]; twice {
		return Invalidf("input %s is there twice", errs.Quote(name))
	}
	if r.Inputs == nil {
		r.Inputs = map[string]*tensor.Tensor{}
	}
	r.Inputs[name] = t
	return nil
}

// SetTimeout takes the request parameter timeout, in microseconds.
func (r *Request) SetTimeout(us int64) error {
	if us < 0 || us > math.MaxInt64/int64(time.Microsecond) {
		return Invalidf("parameter timeout is %d, allowed are microseconds from 0", us)
	}
	r.Timeout = time.Duration(us) * time.Microsecond
	return nil
}

// Shape checks the dimensions of an input that is about to come.
func Shape(name string, d tensor.DType, dims []int64) (shape []int, elements int, err error) {
	n, _, err := tensor.Size(d, dims)
	if err != nil {
		return nil, 0, Invalidf("input %s: %v", errs.Quote(name), err)
	}
	shape = make([]int, len(dims))
	for i, v := range dims {
		if shape[i] = int(v); int64(shape[i]) != v {
			return nil, 0, Invalidf("input %s: dimension %d", errs.Quote(name), v)
		}
	}
	if elements = int(n); int64(elements) != n {
		return nil, 0, Invalidf("input %s: %d elements", errs.Quote(name), n)
	}
	return shape, elements, nil
}
