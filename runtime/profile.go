package runtime

import (
	"context"
	"errors"
	"time"
)

// StepTime is what one step of a plan took.
type StepTime struct {
	Name     string // of the node
	Kernel   string
	Fallback bool  // it ran on the reference loops
	MACs     int64 // multiply-adds, padding taps included
	Best     time.Duration
}

// Profile runs the planned engine runs times, at least once, and returns the
// shortest time of each step. Looking at the clock makes a run a little longer.
// Of a batch that is run in portions, the first is profiled, and stands for all.
func (s *Session) Profile(ctx context.Context, in Tensors, runs int) ([]StepTime, error) {
	args := s.scratch.get()
	defer s.scratch.put(args)
	if err := s.ask(args, nil); err != nil {
		return nil, err
	}
	e, err := s.bind(args, in)
	if err != nil {
		return nil, err
	}
	if e.graph != nil {
		return nil, errors.New("the reference engine has no steps to profile")
	}
	e, times := e.runner()
	steps := make([]StepTime, len(e.plan.Steps))
	for i, step := range e.plan.Steps {
		steps[i] = StepTime{Name: step.Name, Kernel: step.Kernel, Fallback: step.Fallback, MACs: int64(float64(step.MACs) * times)}
	}
	st := s.acquire(e)
	defer s.release(e, st)
	for run := range max(1, runs) {
		err := st.Observe(ctx, args.in, e.newOutputs(), func(i int, took time.Duration) {
			if took = time.Duration(float64(took) * times); run == 0 || took < steps[i].Best {
				steps[i].Best = took
			}
		})
		if err != nil {
			return nil, s.explain(err)
		}
	}
	return steps, nil
}
