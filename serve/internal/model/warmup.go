package model

import (
	"context"
	"time"

	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/serve/internal/schedule"
	"github.com/mixconv/mixconv/tensor"
)

// mostMeasuring is how long the measuring of batches goes on; a batch that has begun is
// finished.
const mostMeasuring = 2 * time.Second

// usualSide stands for a dimension of a picture that the model leaves open.
const usualSide = 224

// warmUp runs the model on zeros, so that plans are made and memory is there before the
// first request, and begins to take requests. A model that cannot be run on what it
// declares, for its open dimensions, is ready too: its callers know which they may choose.
func (m *Model) warmUp(ctx context.Context) error {
	flow := m.options.Budget.Flow(m.options.Threads)
	m.batches.inputs, m.batches.proved = m.Inputs, map[string]bool{}
	m.Preferred = []int{1}
	in, guessed := m.zeros(1)
	least, err := schedule.Shortest(func() error { return m.turn(ctx, flow, m.options.Threads, in) })
	if err != nil && (!guessed || ctx.Err() != nil) {
		return err
	}
	if err == nil {
		if err := m.measureBatches(ctx, flow, in); err != nil {
			return err
		}
	}
	var names []string
	for _, v := range m.Inputs {
		names = append(names, v.Name)
	}
	m.batcher = schedule.NewBatcher(flow, m.session.RunThreads, schedule.Options{
		Queue: max(1, m.options.Queue), MaxDelay: m.options.MaxDelay, Preferred: m.Preferred, Least: least, Names: names,
	})
	return nil
}

// measureBatches finds which batches run well, if requests may be joined at all. When many
// wait, each of their runs has one thread.
func (m *Model) measureBatches(ctx context.Context, flow *schedule.Flow, one runtime.Tensors) (err error) {
	if m.options.MaxBatch <= 1 {
		return nil
	}
	m.batches.session = m.session
	if m.batches.rows(ctx, one) != 1 {
		m.batches.session = nil
		return nil
	}
	m.MaxBatch = m.options.MaxBatch
	m.Preferred, err = schedule.Measure(ctx, m.MaxBatch, mostMeasuring, func(ctx context.Context, rows int) error {
		in, _ := m.zeros(rows)
		return m.turn(ctx, flow, 1, in)
	})
	return err
}

// turn runs the model in a turn of its own, on at most so many threads.
func (m *Model) turn(ctx context.Context, flow *schedule.Flow, threads int, in runtime.Tensors) error {
	turn, err := flow.Acquire(ctx)
	if err != nil {
		return err
	}
	start := time.Now()
	_, err = m.session.RunThreads(ctx, min(threads, turn.Threads), in)
	turn.Release(time.Since(start))
	return err
}

// zeros are inputs for so many pictures. guessed says that the model leaves open more
// than how many pictures there are.
func (m *Model) zeros(pictures int) (in runtime.Tensors, guessed bool) {
	shapes, guessed := m.session.Complete(nil, pictures, usualSide)
	in = runtime.Tensors{}
	for _, v := range m.Inputs {
		shape, known := shapes[v.Name]
		if _, bytes, err := tensor.Size(v.DType, shape); err != nil || !known || bytes > 1<<30 {
			shape, guessed = make(tensor.Shape, len(v.Shape)), true
		}
		in[v.Name] = tensor.New(v.DType, shape...)
	}
	return in, guessed
}
