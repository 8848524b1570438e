package runtime

import (
	"context"
	"fmt"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/tensor"
)

// Tensors are inputs or outputs by name.
type Tensors = map[string]*tensor.Tensor

// Run computes the outputs for in, which holds exactly the model's inputs.
// Shapes may vary in the dimensions that the model leaves open. The context
// ends a run between steps and inside long ones. Nothing returned is shared
// with the session or another run.
func (s *Session) Run(ctx context.Context, in Tensors) (Tensors, error) {
	args, e, err := s.bind(in)
	if err != nil {
		return nil, err
	}
	var results []*tensor.Tensor
	if e.graph != nil {
		results, err = e.graph.Run(ctx, args.in, s.options.Limits)
	} else {
		results = e.newOutputs(len(s.typed.Outputs))
		err = s.planned(ctx, e, args, results)
	}
	if err != nil {
		return nil, s.explain(err)
	}
	out := make(Tensors, len(results))
	for i, o := range s.typed.Outputs {
		out[o.Name] = results[i]
	}
	return out, nil
}

// RunInto is Run into tensors of the caller, one for each output, of the right
// type and shape. Once a session has run with the same shapes it allocates
// nothing, on the planned engine and as long as nothing falls back. If it
// fails, the outputs' content is undefined.
func (s *Session) RunInto(ctx context.Context, in, out Tensors) error {
	args, e, err := s.bind(in)
	if err != nil {
		return err
	}
	defer s.scratch.put(args)
	if e.graph != nil {
		return s.copyRun(ctx, in, out)
	}
	for i, o := range s.typed.Outputs {
		dtype, shape := e.output(i)
		t := out[o.Name]
		if t == nil || t.DType != dtype || !t.Shape.Equal(shape) {
			return fmt.Errorf("output %s: the model makes %s %s, given %s", errs.Quote(o.Name), dtype, shape, describe(t))
		}
		args.out = append(args.out, t)
	}
	return s.explain(s.planned(ctx, e, args, args.out))
}

// copyRun is RunInto where the reference engine runs, which allocates.
func (s *Session) copyRun(ctx context.Context, in, out Tensors) error {
	results, err := s.Run(ctx, in)
	if err != nil {
		return err
	}
	for name, t := range results {
		if out[name] == nil {
			return fmt.Errorf("output %s: %s", errs.Quote(name), describe(nil))
		}
		if err := tensor.Copy(out[name], t); err != nil {
			return fmt.Errorf("output %s: %w", errs.Quote(name), err)
		}
	}
	return nil
}

func (s *Session) planned(ctx context.Context, e *entry, args *arguments, out []*tensor.Tensor) error {
	if e.batch != nil {
		return e.batch.run(ctx, s, args, out)
	}
	st := s.acquire(e)
	err := st.Run(ctx, args.in, out)
	s.release(e, st)
	return err
}

// explain names the file in a run's error, except for the caller's own
// cancellation.
func (s *Session) explain(err error) error {
	if err == nil || err == context.Canceled || err == context.DeadlineExceeded {
		return err
	}
	return errs.InFile(s.model.Name(), err)
}

// bind checks the inputs and puts them in the model's order.
func (s *Session) bind(in Tensors) (*arguments, *entry, error) {
	args := s.scratch.get()
	for _, v := range s.typed.Inputs {
		t := in[v.Name]
		if t == nil {
			return nil, nil, fmt.Errorf("input %s is missing, %d given", errs.Quote(v.Name), len(in))
		}
		if t.DType != v.Type.DType || !fits(t.Shape, v.Type.Shape) {
			return nil, nil, fmt.Errorf("input %s: the model takes %s %s, given %s", errs.Quote(v.Name), v.Type.DType, v.Type.Shape, describe(t))
		}
		args.in = append(args.in, t)
		args.shapes = append(args.shapes, t.Shape)
	}
	if len(in) != len(args.in) {
		return nil, nil, fmt.Errorf("%d inputs, the model has %d", len(in), len(args.in))
	}
	e, err := s.entry(args.shapes)
	return args, e, err
}

// fits reports whether a tensor of shape got may be fed where want is
// declared.
func fits(got, want tensor.Shape) bool {
	if want == nil {
		return true
	}
	if len(got) != len(want) {
		return false
	}
	for i := range got {
		if got[i] != want[i] && want[i] != tensor.Unknown {
			return false
		}
	}
	return true
}

func describe(t *tensor.Tensor) string {
	if t == nil {
		return "nothing"
	}
	return fmt.Sprintf("%s %s", t.DType, t.Shape)
}
