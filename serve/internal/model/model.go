package model

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/serve/internal/oip"
	"github.com/mixconv/mixconv/serve/internal/schedule"
	"github.com/mixconv/mixconv/tensor"
)

// Options are the choices that a model is opened with.
type Options struct {
	Budget   *schedule.Budget // of all models
	Threads  int              // of one run
	MaxBatch int              // pictures that are run together
	MaxDelay time.Duration    // how long a request waits for others
	Queue    int              // requests that may wait
	Timeout  time.Duration    // of a request, its waiting included; 0: none
	Limits   limit.Limits
}

// Model is a version of a model that is ready to run.
type Model struct {
	Name, Version string
	Inputs        []runtime.Value
	Outputs       []runtime.Value
	Labels        []string
	MaxBatch      int   // pictures that are run together; 0: requests are not joined
	Preferred     []int // batches that run well
	MaxDelay      time.Duration
	Stats         *Stats

	options    Options
	file       *onnx.Model
	session    *runtime.Session
	classifier *mixconv.Classifier // nil: it takes no pictures
	pictures   error               // why
	batches    batches
	batcher    *schedule.Batcher
	preparing  atomic.Int64 // pictures that are decoded, or wait to be
}

// Open reads the model at path, runs it to make it ready and to find out which batches
// run well, and begins to take requests.
func Open(ctx context.Context, path, name, version string, o Options) (_ *Model, err error) {
	m := &Model{Name: name, Version: version, MaxDelay: o.MaxDelay, Stats: newStats(), options: o}
	defer func() {
		if err != nil {
			m.release()
		}
	}()
	if m.file, err = onnx.OpenFile(path, o.Limits); err != nil {
		return nil, err
	}
	if m.session, err = runtime.New(m.file, runtime.Options{Threads: o.Threads, Limits: o.Limits, Context: ctx}); err != nil {
		return nil, err
	}
	m.Inputs, m.Outputs = m.session.Inputs(), m.session.Outputs()
	if err := m.checkTypes(); err != nil {
		return nil, errs.InFile(path, err)
	}
	m.findClasses()
	if err := m.warmUp(ctx); err != nil {
		return nil, errs.InFile(path, err)
	}
	return m, nil
}

// checkTypes says which inputs and outputs the protocol has no name for.
func (m *Model) checkTypes() error {
	for _, v := range append(append([]runtime.Value{}, m.Inputs...), m.Outputs...) {
		if v.DType.IsSequence() || v.Optional || oip.Datatype(v.DType) == "" {
			return &errs.UnsupportedError{Items: []errs.Unsupported{{Node: v.Name, Reason: fmt.Sprintf("%s, which the Open Inference Protocol has no name for", v.DType)}}}
		}
	}
	return nil
}

// findClasses takes labels and preprocessing from the model's metadata.
func (m *Model) findClasses() {
	m.classifier, m.pictures = mixconv.OpenModel(m.file, mixconv.ClassifierOptions{
		Session: m.session, Options: mixconv.Options{Threads: 1, Limits: m.options.Limits},
	})
	if m.pictures == nil {
		m.Labels = m.classifier.Labels()
	}
}

// Close waits for the requests that have been accepted and gives back the memory.
// Nothing may be asked of m afterwards.
func (m *Model) Close() {
	if m.batcher != nil {
		m.batcher.Close()
	}
	m.release()
}

func (m *Model) release() {
	if m.session != nil {
		m.session.Close()
	}
	if m.file != nil {
		m.file.Close()
	}
}

// Waiting is how many requests wait.
func (m *Model) Waiting() int { return m.batcher.Waiting() }

// Refuses returns the error of a request that comes now, if the queue is full: it costs
// nothing to find out before the request's body is read.
func (m *Model) Refuses() *oip.Error {
	after, full := m.batcher.Full()
	if !full {
		return nil
	}
	m.Stats.refused()
	return refusal(&schedule.Full{RetryAfter: after})
}

func refusal(e *schedule.Full) *oip.Error {
	r := oip.Errorf(oip.Exhausted, "%s", e.Error())
	r.RetryAfter = max(e.RetryAfter, time.Second)
	return r
}

// Input is the model's input of a name.
func (m *Model) Input(name string) (runtime.Value, error) {
	for _, v := range m.Inputs {
		if v.Name == name {
			return v, nil
		}
	}
	return runtime.Value{}, oip.Invalidf("the model has no input %s", errs.Quote(name))
}

// Takes checks the type and shape of an input that a request is about to give.
func Takes(v runtime.Value, d tensor.DType, shape []int) error {
	if v.DType != d {
		return oip.Invalidf("input %s: the model takes %s, given %s", errs.Quote(v.Name), oip.Datatype(v.DType), oip.Datatype(d))
	}
	ok := v.Shape == nil || len(shape) == len(v.Shape)
	for i := range shape {
		ok = ok && (v.Shape == nil || v.Shape[i] == tensor.Unknown || v.Shape[i] == shape[i])
	}
	if !ok {
		return oip.Invalidf("input %s: the model takes the shape %s, given %v", errs.Quote(v.Name), v.Shape, shape)
	}
	return nil
}
