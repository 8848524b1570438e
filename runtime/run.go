package runtime

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/tensor"
)

// Tensors are inputs or outputs by name. A sequence is one of tensor.SequenceOf; an
// optional input or output that has no value is nil.
type Tensors = map[string]*tensor.Tensor

// Run computes outputs for in, which holds the model's inputs, and of those that
// have a default (see Defaults) as many as the caller likes: all outputs, or only
// those named, and then nothing that they do not need. Shapes
// may vary in the dimensions that the model leaves open. The context ends a run
// between steps and inside long ones. Nothing returned is shared with the
// session or another run. A panic of this program, on any goroutine, is an
// *errs.InternalError of this run; others go on. After Close, Run is an error.
func (s *Session) Run(ctx context.Context, in Tensors, outputs ...string) (Tensors, error) {
	return s.RunThreads(ctx, s.options.Threads, in, outputs...)
}

// RunThreads is Run on at most so many goroutines, from 1 to Options.Threads: for who has
// several runs to do at a time. The results are the same bits for any number.
func (s *Session) RunThreads(ctx context.Context, threads int, in Tensors, outputs ...string) (_ Tensors, err error) {
	args, err := s.scratch.get()
	if err != nil {
		return nil, err
	}
	args.threads = min(max(threads, 1), s.options.Threads)
	defer s.end(args, &err)
	if s, err = s.giving(ctx, in); err != nil {
		return nil, err
	}
	if err := s.ask(args, outputs); err != nil {
		return nil, err
	}
	p, err := s.bind(ctx, args, in)
	if err != nil {
		return nil, err
	}
	results := newOutputs(p)
	if err := p.compute(ctx, s, args, results); err != nil {
		return nil, s.explain(err)
	}
	out := make(Tensors, len(results))
	for i, at := range args.want {
		out[s.typed.Outputs[at].Name] = results[i]
	}
	return out, nil
}

// RunInto is Run into tensors of the caller, of the right type and shape: those
// outputs that out holds are computed. Once a session has run with the same
// shapes and outputs it allocates nothing, on the planned engine and as long as
// nothing falls back. If it fails, the outputs' content is undefined. Of the wrong
// shape may also be an output whose shape depends on values: after it is computed.
func (s *Session) RunInto(ctx context.Context, in, out Tensors) (err error) {
	args, err := s.scratch.get()
	if err != nil {
		return err
	}
	args.threads = s.options.Threads
	defer s.end(args, &err)
	if s, err = s.giving(ctx, in); err != nil {
		return err
	}
	if err := s.askInto(args, out); err != nil {
		return err
	}
	p, err := s.bind(ctx, args, in)
	if err != nil {
		return err
	}
	types := p.outputs()
	if !settled(types) {
		return s.copyRun(ctx, p, args)
	}
	for i, t := range args.out {
		if want := types[i]; t == nil || t.DType != want.DType || !t.Shape.Equal(want.Shape) {
			return fmt.Errorf("output %s: the model makes %s %s, given %s", errs.Quote(s.typed.Outputs[args.want[i]].Name), want.DType, want.Shape, describe(t))
		}
	}
	return s.explain(p.compute(ctx, s, args, args.out))
}

// ask notes the outputs of these names, all of them if there are none.
func (s *Session) ask(args *arguments, names []string) error {
	for i := range s.typed.Outputs {
		if len(names) == 0 {
			args.want = append(args.want, i)
		}
	}
	for _, name := range names {
		at, ok := s.places[name]
		if !ok {
			return fmt.Errorf("the model has no output %s", errs.Quote(name))
		}
		args.want = append(args.want, at)
	}
	slices.Sort(args.want)
	args.want = slices.Compact(args.want)
	return nil
}

// askInto notes the outputs that out has, and their tensors.
func (s *Session) askInto(args *arguments, out Tensors) error {
	for i, o := range s.typed.Outputs {
		if t, ok := out[o.Name]; ok {
			if err := checkOutput(t); err != nil {
				return fmt.Errorf("output %s: %w", errs.Quote(o.Name), err)
			}
			args.want, args.out = append(args.want, i), append(args.out, t)
		}
	}
	if len(args.want) == len(out) && len(out) > 0 {
		return nil
	}
	for name := range out {
		if _, ok := s.places[name]; !ok {
			return fmt.Errorf("the model has no output %s", errs.Quote(name))
		}
	}
	return errors.New("no tensor for any output")
}

// checkOutput says why nothing can be written to t. Of a sequence the elements do not
// matter: they are replaced.
func checkOutput(t *tensor.Tensor) error {
	if t == nil {
		return nil // said where the type wanted is known
	}
	if !t.DType.IsSequence() {
		return t.Check()
	}
	if list, ok := t.Data.([]*tensor.Tensor); !ok || !t.Shape.Equal(tensor.Shape{len(list)}) {
		return fmt.Errorf("a %s of shape %v with data of type %T", t.DType, []int(t.Shape), t.Data)
	}
	return nil
}

// settled reports whether the shapes of all outputs are known before a run.
func settled(outputs []ops.Type) bool {
	return !slices.ContainsFunc(outputs, func(t ops.Type) bool { return !t.Shape.Known() })
}

// newOutputs allocates tensors for p's outputs, nil for those of shapes that only a
// run tells.
func newOutputs(p prepared) []*tensor.Tensor {
	types := p.outputs()
	list := make([]*tensor.Tensor, len(types))
	for i, t := range types {
		if t.Shape.Known() {
			list[i] = tensor.New(t.DType, t.Shape...)
		}
	}
	return list
}

// copyRun is RunInto where only a run tells the outputs' shapes: it allocates.
func (s *Session) copyRun(ctx context.Context, p prepared, args *arguments) error {
	results := newOutputs(p)
	if err := p.compute(ctx, s, args, results); err != nil {
		return s.explain(err)
	}
	for i, t := range results {
		name := s.typed.Outputs[args.want[i]].Name
		if args.out[i] == nil || t == nil {
			return fmt.Errorf("output %s: the model makes %s, given %s", errs.Quote(name), describe(t), describe(nil))
		}
		if err := tensor.Copy(args.out[i], t); err != nil {
			return fmt.Errorf("output %s: %w", errs.Quote(name), err)
		}
	}
	return nil
}

// explain names the file in a run's error, except for the caller's own
// cancellation.
func (s *Session) explain(err error) error {
	if err == nil || err == context.Canceled || err == context.DeadlineExceeded {
		return err
	}
	return errs.InFile(s.model.Name(), err)
}

// bind checks the inputs, puts them in the model's order, and finds what is
// prepared for their shapes and the outputs asked for.
func (s *Session) bind(ctx context.Context, args *arguments, in Tensors) (prepared, error) {
	for _, v := range s.typed.Inputs {
		t, ok := in[v.Name]
		if t == nil && ok && v.Type.Optional {
			args.in, args.shapes = append(args.in, nil), append(args.shapes, nil)
			continue
		}
		if t == nil {
			if err := s.unknownInput(slices.Sorted(maps.Keys(in))); err != nil {
				return nil, err
			}
			return nil, fmt.Errorf("input %s is missing, %d given", errs.Quote(v.Name), len(in))
		}
		if t.DType != v.Type.DType || !accepts(t.Shape, v.Type.Shape) {
			return nil, fmt.Errorf("input %s: the model takes %s %s, given %s", errs.Quote(v.Name), v.Type.DType, v.Type.Shape, describe(t))
		}
		if err := t.Check(); err != nil {
			return nil, fmt.Errorf("input %s: %w", errs.Quote(v.Name), err)
		}
		args.in = append(args.in, t)
		args.shapes = append(args.shapes, t.Shape)
	}
	if len(in) != len(args.in) {
		return nil, cmp.Or(s.unknownInput(slices.Sorted(maps.Keys(in))), fmt.Errorf("%d inputs, the model has %d", len(in), len(args.in)))
	}
	return s.ready(ctx, args.shapes, args.want)
}

// ready returns what is prepared for inputs of these shapes and the outputs at want.
func (s *Session) ready(ctx context.Context, shapes []tensor.Shape, want []int) (prepared, error) {
	p, err := s.get(ctx, &request{session: s, shapes: shapes, want: want})
	return p, s.explain(err)
}

// accepts reports whether a tensor of shape got may be fed where want is
// declared.
func accepts(got, want tensor.Shape) bool {
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
