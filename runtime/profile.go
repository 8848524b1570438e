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
// Of a batch that is run in chunks, the first is profiled, and stands for all.
func (s *Session) Profile(ctx context.Context, in Tensors, runs int) (_ []StepTime, err error) {
	args, err := s.scratch.get()
	if err != nil {
		return nil, err
	}
	defer s.end(args, &err)
	if s, err = s.giving(ctx, in); err != nil {
		return nil, err
	}
	if err := s.ask(args, nil); err != nil {
		return nil, err
	}
	ready, err := s.bind(ctx, args, in)
	if err != nil {
		return nil, err
	}
	p, times := ready.steps()
	if p == nil {
		return nil, errors.New("the reference engine has no steps to profile")
	}
	out := newOutputs(ready)
	var steps []StepTime
	for range max(1, runs) {
		next := 0
		err := p.stages(ctx, s, s.options.Threads, args.in, out, func(p *planned, step int, took time.Duration) {
			took = time.Duration(float64(took) * times)
			if next == len(steps) {
				of := p.plan.Steps[step]
				steps = append(steps, StepTime{Name: of.Name, Kernel: of.Kernel, Fallback: of.Fallback, MACs: int64(float64(of.MACs) * times), Best: took})
			}
			steps[next].Best = min(steps[next].Best, took)
			next++
		})
		if err != nil {
			return nil, s.explain(err)
		}
	}
	return steps, nil
}
