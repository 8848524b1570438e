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
	measured := schedule.Measured{Preferred: []int{1}}
	in, guessed := m.zeros(1)
	err := m.turn(ctx, flow, in)
	if err != nil && (!guessed || ctx.Err() != nil) {
		return err
	}
	if err == nil {
		m.batches.session = m.session
		if m.options.MaxBatch > 1 && m.batches.rows(ctx, in) == 1 {
			m.MaxBatch = m.options.MaxBatch
			measured, err = schedule.Measure(ctx, m.MaxBatch, mostMeasuring, func(ctx context.Context, rows int) error {
				in, _ := m.zeros(rows)
				return m.turn(ctx, flow, in)
			})
			if err != nil {
				return err
			}
		} else {
			m.batches.session = nil
		}
	}
	m.Preferred = measured.Preferred
	var names []string
	for _, v := range m.Inputs {
		names = append(names, v.Name)
	}
	m.batcher = schedule.NewBatcher(flow, m.session.Run, schedule.Options{
		Queue: max(1, m.options.Queue), MaxDelay: m.options.MaxDelay, Preferred: measured.Preferred, Least: measured.Least, Names: names,
	})
	return nil
}

// turn runs the model in a turn of its own.
func (m *Model) turn(ctx context.Context, flow *schedule.Flow, in runtime.Tensors) error {
	turn, err := flow.Acquire(ctx)
	if err != nil {
		return err
	}
	start := time.Now()
	_, err = m.session.Run(ctx, in)
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
