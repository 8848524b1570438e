package verify

import (
	"context"
	"fmt"
	"maps"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/runtime"
)

// DefaultTolerance is what float32 networks of MixNet's depth agree to when
// both sides are right.
var DefaultTolerance = Tolerance{Rel: 2e-5}

// Options say how a model is verified.
type Options struct {
	Tolerance Tolerance
	Layers    bool            // compare every named value that both sides have
	Session   runtime.Options // how the models run; its Layers is ignored
	Input     runtime.Tensors // arrays for references that record no input, or the same one; nil: two random pictures
	Pictures  []Picture       // in place of Input
	Seed      uint64          // of the random pictures
	Record    bool            // keep what the references had, for Comparison.Record

	// Progress, if it is not nil, is called before a reference is run, with a total of 0,
	// and after each value of it that was compared.
	Progress func(reference string, done, total int)

	labels []string
}

// Run compares m with each reference, in their order.
func Run(ctx context.Context, m *onnx.Model, refs []Reference, o Options) (*Report, error) {
	if o.Session.Context == nil {
		o.Session.Context = ctx
	}
	here, err := newSubject(m, o)
	if err != nil {
		return nil, err
	}
	if err := checkTensors("Options.Input", o.Input); err != nil {
		return nil, err
	}
	report := &Report{Pass: len(refs) > 0, Tolerance: o.Tolerance}
	o.labels = labelsOf(m)
	shared, err := here.given(o.Input)
	if len(o.Pictures) > 0 {
		shared, err = here.pictureInput(o.Pictures)
	}
	if err != nil {
		return nil, err
	}
	for _, r := range refs {
		if shared == nil {
			shared = r.inputs(here)
		}
	}
	for _, r := range refs {
		c, err := compareWith(ctx, here, r, shared, o)
		if err != nil {
			return nil, err
		}
		report.References = append(report.References, c)
		report.Pass = report.Pass && c.Pass
	}
	return report, nil
}

// compareWith runs both sides on the pictures if there are some, else on the
// reference's own input if it recorded one, else on the shared one, else on
// random values.
func compareWith(ctx context.Context, here *subject, r Reference, shared runtime.Tensors, o Options) (*Comparison, error) {
	if recorded, ok := r.(*recordedArrays); ok {
		if err := checkTensors(r.Name(), recorded.arrays); err != nil {
			return nil, err
		}
	}
	own := r.inputs(here)
	if len(o.Pictures) > 0 {
		own = nil
	} else if len(o.Input) > 0 {
		if err := checkGiven(r, own, shared); err != nil {
			return nil, err
		}
	}
	in := own
	if in == nil {
		in = shared
	}
	if in == nil {
		if r.recorded() {
			return nil, fmt.Errorf("%s has no array for the model's input %s", errs.Quote(r.Name()), errs.Quote(here.inputs[0].Name))
		}
		var err error
		if in, err = here.randomInput(o.Seed); err != nil {
			return nil, err
		}
	}
	if o.Progress != nil {
		o.Progress(r.Name(), 0, 0)
	}
	got, err := here.values(ctx, in)
	if err != nil {
		return nil, err
	}
	ref, err := r.answer(ctx, here, in, o.Pictures)
	if err != nil {
		return nil, err
	}
	if r.recorded() && len(o.Pictures) > 0 && ref.stages == nil {
		return nil, fmt.Errorf("%s was not recorded of %d pictures", errs.Quote(r.Name()), len(o.Pictures))
	}
	if err := checkComplete(r, own, got, ref); err != nil {
		return nil, err
	}
	c, err := compareAll(ctx, r.Name(), got, ref, o)
	if err == nil && o.Record {
		maps.Copy(c.record, in)
	}
	return c, err
}
