package plan

import (
	"context"
	"fmt"
	"time"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/runtime/internal/kernel"
	"github.com/mixconv/mixconv/tensor"
)

// State is the memory of one run: the arena, the workers' scratch, and every
// step bound to them. One run at a time uses it.
type State struct {
	plan    *Plan
	mem     memory
	jobs    []kernel.Job
	slots   []*tensor.Tensor
	workers workers
	at      int // the step that is run

	budget *limit.Budget // of a run that has come to a fallback
}

// memory is the arena of one State and what each worker has for itself.
type memory struct {
	arena   []byte
	workers []*kernel.Workspace
}

// floats returns the data of p from its first element on. A nil memory has no
// data: shapes only.
func (m *memory) floats(p *Place) []float32 {
	switch {
	case m == nil:
		return nil
	case p.buf.data != nil:
		return p.buf.data[p.offset:]
	}
	if p.buf.dtype != tensor.Float32 {
		panic("plan: the place of a value of type " + p.buf.dtype.String() + " has no floats")
	}
	return kernel.Floats(m.arena[p.buf.offset:][:p.buf.bytes()])[p.offset:]
}

func (m *memory) workspace(worker int) *kernel.Workspace { return m.workers[worker] }

// NewState allocates what one run needs.
func (p *Plan) NewState() *State {
	st := &State{plan: p, slots: append([]*tensor.Tensor(nil), p.slots...)}
	st.mem.arena = kernel.HugeBytes(p.arena)
	for range p.workers {
		st.mem.workers = append(st.mem.workers, &kernel.Workspace{Scratch: kernel.HugeFloats(p.scratch), Pieces: make([]kernel.Piece, p.pieces)})
	}
	for _, s := range p.Steps {
		var job kernel.Job
		if s.bind != nil {
			job = s.bind(&st.mem)
		}
		if p.hook != nil && job.Run != nil {
			run := job.Run
			job.Run = func(task, worker int) { p.hook(s.Name, worker); run(task, worker) }
		}
		st.jobs = append(st.jobs, job)
	}
	st.workers.init(p.workers, st.jobs)
	return st
}

// Run executes the plan on at most so many goroutines. Inputs and outputs are in the order
// of the graph's; outputs are allocated by the caller and filled, their previous content is
// lost even if Run fails. Where the caller left nil, as it must where only the
// run tells the shape, Run puts a new tensor. The context is observed between steps and between
// the tasks of a step. took, if it is not nil, is told how long each step took. After an
// *errs.InternalError the State must not be used again.
func (st *State) Run(ctx context.Context, workers int, in, out []*tensor.Tensor, took func(step int, d time.Duration)) error {
	st.workers.start(workers)
	defer st.workers.stop()
	return st.run(ctx, in, out, 0, took)
}

// run is for as many pictures as the plan has, from number from on, where in and
// out may have more.
func (st *State) run(ctx context.Context, in, out []*tensor.Tensor, from int, took func(step int, d time.Duration)) (err error) {
	defer st.end(&err)
	st.at = -1
	for i := range st.plan.inputs {
		st.input(&st.plan.inputs[i], in[i], from)
	}
	if err := st.steps(ctx, took); err != nil {
		return err
	}
	st.at = -1
	for i := range st.plan.outputs {
		port := &st.plan.outputs[i]
		if out[i] == nil && !port.shape.Known() {
			if out[i] = st.slots[port.slot]; port.shares {
				out[i] = out[i].Clone()
			}
			continue
		}
		if out[i] == nil {
			out[i] = tensor.New(port.dtype, port.shape...)
		}
		if err := st.output(port, out[i], from); err != nil {
			return err
		}
	}
	return nil
}

// end keeps nothing for the next run but constants, and makes an error of a panic.
// It is deferred.
func (st *State) end(err *error) {
	if value := recover(); value != nil {
		*err = st.inStep(errs.Internal(value))
	}
	copy(st.slots, st.plan.slots)
	st.budget = nil
}

// inStep says which step err is of.
func (st *State) inStep(err error) error {
	if st.at < 0 {
		return fmt.Errorf("inputs or outputs: %w", err)
	}
	return fmt.Errorf("node %q: %w", st.plan.Steps[st.at].Name, err)
}

func (st *State) steps(ctx context.Context, took func(step int, d time.Duration)) error {
	for i := range st.plan.Steps {
		if took == nil {
			if err := st.step(ctx, i); err != nil {
				return err
			}
			continue
		}
		start := time.Now()
		if err := st.step(ctx, i); err != nil {
			return err
		}
		took(i, time.Since(start))
	}
	return nil
}

func (st *State) step(ctx context.Context, i int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s := st.plan.Steps[i]
	st.at = i
	if !s.Fallback {
		err := st.workers.do(ctx, i)
		if st.workers.failed.Load() != nil {
			return st.inStep(err)
		}
		return err
	}
	if err := s.eval(ctx, st); err != nil {
		return st.inStep(err)
	}
	return nil
}

func (st *State) input(port *port, in *tensor.Tensor, from int) {
	if port.place == nil {
		st.slots[port.slot] = port.part(in, from)
		return
	}
	copy(st.mem.floats(port.place), tensor.Data[float32](in)[port.skip(from):][:port.shape.Elements()])
}

func (st *State) output(port *port, out *tensor.Tensor, from int) error {
	if port.place == nil {
		return tensor.Copy(port.part(out, from), st.slots[port.slot])
	}
	if port.shape.Elements() > 0 {
		port.nest.CopyNow(tensor.Data[float32](out)[port.skip(from):], st.mem.floats(port.place))
	}
	return nil
}
