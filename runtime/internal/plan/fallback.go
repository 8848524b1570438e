package plan

import (
	"context"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops/eval"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/kernel"
	"github.com/mixconv/mixconv/tensor"
)

// source fetches one operand of a fallback step as a plain tensor.
type source func(st *State) *tensor.Tensor

// fallback helping n to the reference evaluation: operands are gathered from the
// arena, results scattered back, but for those of shapes that only the evaluation
// tells. It allocates.
func (p *planner) fallback(n *graph.Node) error {
	call, err := n.Call()
	if err != nil {
		return err
	}
	step := &Step{Name: n.Name, Kernel: n.Op.Name, Fallback: true, MACs: macs(n)}
	in := make([]source, len(n.In))
	for i, v := range n.In {
		in[i] = p.source(step, v)
	}
	out := make([]func(*State, *tensor.Tensor) error, len(n.Out))
	for i, v := range n.Out {
		out[i] = p.sink(step, v)
	}
	post, err := p.epilogue(step, n)
	if err != nil {
		return err
	}
	limits := p.budget.Limits
	step.eval = func(ctx context.Context, st *State) error {
		if st.plan.hook != nil {
			st.plan.hook(step.Name, 0)
		}
		if st.budget == nil {
			st.budget = limit.NewBudget(ctx, limits)
		}
		args := make([]*tensor.Tensor, len(in))
		for i, fetch := range in {
			args[i] = fetch(st)
		}
		results, err := eval.Run(st.budget, call, args)
		if err != nil {
			return err
		}
		for i, store := range out {
			if i == 0 {
				post(st, results[0])
			}
			if err := store(st, results[i]); err != nil {
				return err
			}
		}
		for _, slot := range step.drops {
			_ = st.budget.Hold(-st.slots[slot].Bytes()) // never too much
			st.slots[slot] = nil
		}
		return nil
	}
	p.plan.Steps = append(p.plan.Steps, step)
	return nil
}

func (p *planner) source(step *Step, v *graph.Value) source {
	if v == nil {
		return func(*State) *tensor.Tensor { return nil }
	}
	if t := v.Keep(); t != nil {
		return func(*State) *tensor.Tensor { return t }
	}
	place := p.at(v).place
	if place == nil {
		slot := p.slotOf(step, v)
		return func(st *State) *tensor.Tensor { return st.slots[slot] }
	}
	step.reads = append(step.reads, place)
	return func(st *State) *tensor.Tensor {
		t := tensor.New(tensor.Float32, place.dims...)
		transfer(tensor.Data[float32](t), rowMajor(place.dims), st.mem.floats(place), place.strides, place.dims)
		return t
	}
}

func (p *planner) sink(step *Step, v *graph.Value) func(*State, *tensor.Tensor) error {
	if v == nil {
		return func(*State, *tensor.Tensor) error { return nil }
	}
	if v.Type.DType != tensor.Float32 || !v.Type.Shape.Known() {
		slot := p.slotOf(step, v)
		return func(st *State, t *tensor.Tensor) error {
			st.slots[slot] = t
			return st.budget.Hold(t.Bytes())
		}
	}
	place := p.write(v)
	step.writes = append(step.writes, place)
	return func(st *State, t *tensor.Tensor) error {
		transfer(st.mem.floats(place), place.strides, tensor.Data[float32](t), rowMajor(place.dims), place.dims)
		return nil
	}
}

// slotOf is the slot of a value that step reads or writes.
func (p *planner) slotOf(step *Step, v *graph.Value) int {
	slot := p.slot(v)
	step.slots = append(step.slots, slot)
	return slot
}

// epilogue applies what passes moved into n to its first result.
func (p *planner) epilogue(step *Step, n *graph.Node) (func(*State, *tensor.Tensor), error) {
	var residual source
	if n.Post.Residual != nil {
		residual = p.source(step, n.Post.Residual)
	}
	f, bias, scale := n.Post.Act, n.Post.Bias.Keep(), n.Post.Scale
	return func(st *State, t *tensor.Tensor) {
		if bias == nil && residual == nil && f.Kind == 0 && scale == 0 {
			return
		}
		data := tensor.Data[float32](t)
		if scale != 0 {
			for i := range data {
				data[i] *= scale
			}
		}
		if bias != nil {
			b := tensor.Data[float32](bias)
			for i := range data {
				data[i] += b[i%len(b)]
			}
		}
		if residual != nil {
			for i, v := range tensor.Data[float32](residual(st)) {
				data[i] += v
			}
		}
		kernel.Portable.Activate(data, 0, data, 0, 1, len(data), f)
	}, nil
}

// transfer copies between any two orders of one shape.
func transfer(dst []float32, dstStrides []int, src []float32, srcStrides []int, dims []int) {
	if len(src) == 0 {
		return
	}
	if nest, ok := kernel.NewNest(dims, dstStrides, srcStrides); ok {
		kernel.Copy(nest, dst, src).All()
		return
	}
	index := make([]int, len(dims)) // more dimensions than a nest takes
	for {
		d, s := 0, 0
		for i, at := range index {
			d += at * dstStrides[i]
			s += at * srcStrides[i]
		}
		dst[d] = src[s]
		i := len(index) - 1
		for ; i >= 0; i-- {
			if index[i]++; index[i] < dims[i] {
				break
			}
			index[i] = 0
		}
		if i < 0 {
			return
		}
	}
}
