package eval

import (
	"errors"
	"fmt"
	"slices"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/tensor"
)

// bodyCost is what running a body takes however little it does, in operations on
// elements.
const bodyCost = 1000

// body runs the graph in an attribute on what the operator feeds.
func (r *run) body(name string, formal ...*tensor.Tensor) ([]*tensor.Tensor, error) {
	b, first, n := r.Body(name)
	out, err := b.Run(r.budget, slices.Concat(formal, r.in[first:][:n]))
	if err != nil {
		return nil, fmt.Errorf("attribute %s: %w", name, err)
	}
	return out, r.spend(bodyCost)
}

// give makes outputs of a body's results, of which some may be inputs.
func (r *run) give(results []*tensor.Tensor) error {
	for i, t := range results {
		if t == nil || t.DType.IsSequence() {
			r.out[i] = t
			continue
		}
		if err := r.make(i, t.Shape); err != nil {
			return err
		}
		if err := tensor.Copy(r.out[i], t); err != nil {
			return err
		}
	}
	return nil
}

func choose(r *run) error {
	name := "else_branch"
	if tensor.Data[bool](r.in[0])[0] {
		name = "then_branch"
	}
	results, err := r.body(name)
	if err != nil {
		return err
	}
	return r.give(results)
}

// repeat is Loop: its body runs M times, or as long as its first output is true.
func repeat(r *run) error {
	most, cond := int64(-1), true
	if r.has(0) {
		most = max(tensor.Data[int64](r.in[0])[0], 0)
	}
	if r.has(1) {
		cond = tensor.Data[bool](r.in[1])[0]
	}
	b, first, _ := r.Body("body")
	states := slices.Clone(r.in[min(2, first):first])
	stacks := make([]stack, b.Outputs()-1-len(states))
	for i := int64(0); cond && i != most; i++ {
		if i == int64(r.budget.Limits.Iterations) {
			return &errs.UnsupportedError{Items: []errs.Unsupported{{Op: "Loop", Version: r.Version, Reason: fmt.Sprintf("more than %d iterations", i)}}}
		}
		results, err := r.body("body", append([]*tensor.Tensor{tensor.Of([]int64{i}), tensor.Of([]bool{cond})}, states...)...)
		if err != nil {
			return err
		}
		if results[0] == nil {
			return errors.New("attribute body: output 0 is absent")
		}
		again, ok := results[0].Data.([]bool)
		if !ok || len(again) != 1 {
			return fmt.Errorf("attribute body: output 0 is %s %s, must be one bool", results[0].DType, results[0].Shape)
		}
		cond = again[0]
		copy(states, results[1:])
		for k, t := range results[1+len(states):] {
			if err := stacks[k].push(r, t); err != nil {
				return err
			}
		}
	}
	if err := r.give(states); err != nil {
		return err
	}
	for k, s := range stacks {
		if err := s.give(r, len(states)+k, 0, false); err != nil {
			return err
		}
	}
	return nil
}

// stack collects what a body gives every time.
type stack struct {
	list  []*tensor.Tensor
	bytes int64
}

func (s *stack) push(r *run, t *tensor.Tensor) error {
	if t == nil || t.DType.IsSequence() {
		return errors.New("a scan output that is no tensor")
	}
	if len(s.list) > 0 && !t.Shape.Equal(s.list[0].Shape) {
		return fmt.Errorf("a scan output of shape %s, then %s", s.list[0].Shape, t.Shape)
	}
	if s.bytes += memory(t.DType, t.Shape) + 64; s.bytes > r.most {
		return limit.Exceeded("a scan output needs %d bytes, allowed %d", s.bytes, r.most)
	}
	s.list = append(s.list, t)
	return nil
}

// give stacks along a new axis of output i, from its end if back.
func (s stack) give(r *run, i int, axis int64, back bool) error {
	if len(s.list) == 0 {
		shape := r.types[i].Shape.Clone()
		if shape == nil {
			return errors.New("the shape of a scan output is not known: the body never ran")
		}
		for k, d := range shape {
			shape[k] = max(d, 0)
		}
		shape[wrapped(axis, len(shape))] = 0
		return r.make(i, shape)
	}
	at := wrapped(axis, len(s.list[0].Shape)+1)
	shape := slices.Insert(s.list[0].Shape.Clone(), at, len(s.list))
	if err := r.make(i, shape); err != nil || r.out[i].Elements() == 0 {
		return err
	}
	dst := whole(r.out[i])
	steps := without(dst.step, at)
	for k, t := range s.list {
		if back {
			k = len(s.list) - 1 - k
		}
		to := dst.from(at, k)
		to.step = steps
		if err := r.copy(t.Shape, to, whole(t)); err != nil {
			return err
		}
	}
	return nil
}

// scan runs its body on one slice of its inputs after another.
func scan(r *run) error {
	s, err := ops.ScanOf(r.Call)
	if err != nil {
		return err
	}
	_, first, _ := r.Body("body")
	states := slices.Clone(r.in[:s.States])
	stacks := make([]stack, len(r.out)-s.States)
	for i := range s.Steps {
		in := slices.Clone(states)
		for k, t := range r.in[s.States:first] {
			at := i
			if s.Reverse[k] {
				at = s.Steps - 1 - i
			}
			cut, err := r.cut(t, wrapped(s.Axes[k], len(t.Shape)), at)
			if err != nil {
				return err
			}
			in = append(in, cut)
		}
		results, err := r.body("body", in...)
		if err != nil {
			return err
		}
		copy(states, results)
		for k, t := range results[len(states):] {
			if err := stacks[k].push(r, t); err != nil {
				return err
			}
		}
	}
	if err := r.give(states); err != nil {
		return err
	}
	for k, st := range stacks {
		if err := st.give(r, s.States+k, s.OutAxes[k], s.OutBack[k]); err != nil {
			return err
		}
	}
	return nil
}

// cut copies one slice of t along an axis.
func (r *run) cut(t *tensor.Tensor, axis, at int) (*tensor.Tensor, error) {
	src := whole(t).from(axis, at)
	src.step = without(src.step, axis)
	out := tensor.New(t.DType, slices.Delete(t.Shape.Clone(), axis, axis+1)...)
	if out.Elements() == 0 {
		return out, nil
	}
	return out, r.copy(out.Shape, whole(out), src)
}
