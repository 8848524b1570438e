package model

import (
	"context"
	"errors"
	"time"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/serve/internal/oip"
	"github.com/mixconv/mixconv/serve/internal/schedule"
)

// mostClasses bounds what a classification may ask for.
const mostClasses = 1000

// Infer answers a request. It frees it, perhaps after it has returned.
func (m *Model) Infer(ctx context.Context, r *oip.Request) (*oip.Response, error) {
	start := time.Now()
	response, times, err := m.infer(ctx, r)
	if err != nil {
		m.Stats.failed(time.Since(start), err)
		return nil, err
	}
	m.Stats.succeeded(start, times)
	return response, nil
}

func (m *Model) infer(ctx context.Context, r *oip.Request) (*oip.Response, schedule.Times, error) {
	wanted, names, err := m.wanted(r)
	if err == nil {
		err = m.complete(r)
	}
	if err != nil {
		r.Free()
		return nil, schedule.Times{}, err
	}
	if limit := m.limit(r); limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	job := &schedule.Job{In: r.Inputs, Outputs: names, Rows: m.batches.rows(ctx, r.Inputs), Done: r.Free}
	rows := job.Rows
	out, times, err := m.batcher.Submit(ctx, job)
	if err != nil {
		return nil, times, m.explain(err)
	}
	response := &oip.Response{Model: m.Name, Version: m.Version, ID: r.ID}
	for _, w := range wanted {
		t := out[w.Name]
		if t == nil {
			return nil, times, oip.Errorf(oip.Internal, "output %s has no value", errs.Quote(w.Name))
		}
		if w.Classes > 0 {
			if t, err = oip.Classification(w.Name, t, w.Classes, rows > 0, m.Labels); err != nil {
				return nil, times, err
			}
		}
		response.Outputs = append(response.Outputs, oip.Output{Name: w.Name, Tensor: t, Binary: w.Binary})
	}
	return response, times, nil
}

// limit is how long r may take: as it says, but no longer than the server allows.
func (m *Model) limit(r *oip.Request) time.Duration {
	if r.Timeout > 0 && (m.options.Timeout <= 0 || r.Timeout < m.options.Timeout) {
		return r.Timeout
	}
	return m.options.Timeout
}

// explain gives the errors of the queue their codes.
func (m *Model) explain(err error) error {
	var full *schedule.Full
	switch {
	case errors.As(err, &full):
		return refusal(full)
	case errors.Is(err, schedule.ErrClosed):
		return oip.Errorf(oip.Unavailable, "%s", err)
	}
	return oip.AsError(err)
}

// complete checks that r has all inputs.
func (m *Model) complete(r *oip.Request) error {
	for _, v := range m.Inputs {
		if r.Inputs[v.Name] == nil {
			return oip.Invalidf("input %s is missing", errs.Quote(v.Name))
		}
	}
	return nil
}

// wanted are the outputs that r asks for, and the names of those if they are not all.
func (m *Model) wanted(r *oip.Request) (list []oip.Wanted, names []string, err error) {
	if len(r.Outputs) == 0 {
		for _, v := range m.Outputs {
			list = append(list, oip.Wanted{Name: v.Name, Binary: r.Binary})
		}
		return list, nil, nil
	}
	known := map[string]bool{}
	for _, v := range m.Outputs {
		known[v.Name] = true
	}
	seen := map[string]bool{}
	for _, w := range r.Outputs {
		switch {
		case !known[w.Name]:
			return nil, nil, oip.Invalidf("the model has no output %s", errs.Quote(w.Name))
		case seen[w.Name]:
			return nil, nil, oip.Invalidf("output %s is asked for twice", errs.Quote(w.Name))
		case w.Classes < 0 || w.Classes > mostClasses:
			return nil, nil, oip.Invalidf("output %s: classification %d, allowed are 1 to %d", errs.Quote(w.Name), w.Classes, mostClasses)
		}
		seen[w.Name] = true
	}
	if len(r.Outputs) < len(m.Outputs) {
		for _, v := range m.Outputs { // in the model's order, so that requests fit together
			if seen[v.Name] {
				names = append(names, v.Name)
			}
		}
	}
	return r.Outputs, names, nil
}
