package schedule

import (
	"context"
	"fmt"
	"time"

	"github.com/mixconv/mixconv/tensor"
)

// batch is the jobs that are run together.
type batch struct {
	jobs   []*Job
	rows   int
	ctx    context.Context
	cancel context.CancelFunc
	live   int // jobs that somebody waits for, under the Batcher's lock
}

// run computes all jobs on so many threads and answers them. It returns how long the
// engine took, and its error.
func (b *batch) run(run Run, threads int) (time.Duration, error) {
	start := time.Now()
	in, err := b.join()
	ran := time.Now()
	var out Tensors
	if err == nil {
		out, err = run(b.ctx, threads, in, b.jobs[0].Outputs...)
	}
	parted := time.Now()
	if err != nil {
		for _, j := range b.jobs {
			j.end(nil, err)
		}
		return parted.Sub(ran), err
	}
	parts, err := b.part(out)
	end := time.Now()
	for i, j := range b.jobs {
		j.times = Times{Queue: start.Sub(j.queued), Input: ran.Sub(start), Infer: parted.Sub(ran), Output: end.Sub(parted), Rows: b.rows, Own: max(j.Rows, 1), First: i == 0}
		if err != nil {
			j.end(nil, err)
			continue
		}
		j.end(parts[i], nil)
	}
	return parted.Sub(ran), err
}

// join makes the inputs of a run of those of the jobs. A single job's are taken as they
// are; of several, the jobs' own are free afterwards.
func (b *batch) join() (Tensors, error) {
	if len(b.jobs) == 1 {
		return b.jobs[0].In, nil
	}
	in := Tensors{}
	for name, first := range b.jobs[0].In {
		shape := first.Shape.Clone()
		shape[0] = b.rows
		t := tensor.New(first.DType, shape...)
		at := 0
		for _, j := range b.jobs {
			if err := tensor.Copy(t.Rows(at, j.Rows), j.In[name]); err != nil {
				return nil, fmt.Errorf("input %q: %w", name, err)
			}
			at += j.Rows
		}
		in[name] = t
	}
	for _, j := range b.jobs {
		j.free()
	}
	return in, nil
}

// part gives each job its rows of the outputs, which share memory.
func (b *batch) part(out Tensors) ([]Tensors, error) {
	if len(b.jobs) == 1 {
		return []Tensors{out}, nil
	}
	parts := make([]Tensors, len(b.jobs))
	at := 0
	for i, j := range b.jobs {
		parts[i] = make(Tensors, len(out))
		for name, t := range out {
			if len(t.Shape) == 0 || t.Shape[0] != b.rows {
				return nil, fmt.Errorf("output %q is %s %s for a batch of %d", name, t.DType, t.Shape, b.rows)
			}
			parts[i][name] = t.Rows(at, j.Rows)
		}
		at += j.Rows
	}
	return parts, nil
}
