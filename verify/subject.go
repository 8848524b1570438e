package verify

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
)

// subject is a model that is compared: as an app runs it, and where layers are
// wanted once more with every value visible, which fuses less.
type subject struct {
	model   *onnx.Model
	session *runtime.Session
	layers  *runtime.Session // nil without Options.Layers
	inputs  []runtime.Value
	options runtime.Options
}

func newSubject(m *onnx.Model, o Options) (*subject, error) {
	o.Session.Layers = false
	session, err := runtime.New(m, o.Session)
	if err != nil {
		return nil, err
	}
	s := &subject{model: m, session: session, inputs: session.Inputs(), options: o.Session}
	if len(s.inputs) == 0 {
		return nil, errs.InFile(m.Name(), fmt.Errorf("a model without inputs, there is nothing to compare"))
	}
	if o.Layers {
		o.Session.Layers = true
		s.layers, err = runtime.New(m, o.Session)
	}
	return s, err
}

// names are those of the values that are compared, in the model's order.
func (s *subject) names() []string {
	session := s.session
	if s.layers != nil {
		session = s.layers
	}
	var names []string
	for _, v := range session.Outputs() {
		names = append(names, v.Name)
	}
	return names
}

// values computes the outputs and, if layers are wanted, lets all other named values be
// computed.
func (s *subject) values(ctx context.Context, in runtime.Tensors) (*values, error) {
	tensors, err := s.runSession(ctx, s.session, in)
	if err != nil {
		return nil, err
	}
	v := &values{outputs: map[string]bool{}, tensors: tensors}
	for _, o := range s.session.Outputs() {
		v.outputs[o.Name] = true
	}
	if s.layers != nil {
		v.inside(s, in)
	}
	for _, o := range s.session.Outputs() {
		v.order = append(v.order, o.Name)
	}
	return v, nil
}

// inside lets v's values inside the network be computed.
func (v *values) inside(s *subject, in runtime.Tensors) {
	v.declared = map[string]runtime.Value{}
	for _, o := range s.layers.Outputs() {
		if !v.outputs[o.Name] {
			v.order = append(v.order, o.Name)
			v.declared[o.Name] = o
		}
	}
	if t := in[s.inputs[0].Name]; t != nil {
		v.sizes = t.Shape
	}
	v.compute = func(ctx context.Context, names []string) (runtime.Tensors, error) {
		return s.runSession(ctx, s.layers, in, names...)
	}
}

// runSession runs a session of the model in pieces, for all outputs or those named.
func (s *subject) runSession(ctx context.Context, session *runtime.Session, in runtime.Tensors, outputs ...string) (runtime.Tensors, error) {
	return s.inPieces(in, func(piece runtime.Tensors) (runtime.Tensors, error) { return session.Run(ctx, piece, outputs...) })
}

// inPieces is InPieces for the subject.
func (s *subject) inPieces(in runtime.Tensors, run func(runtime.Tensors) (runtime.Tensors, error)) (runtime.Tensors, error) {
	return InPieces(s.session, in, run)
}

// pick finds the model's inputs in arrays, by name and in either layout, or
// returns nil if one is missing.
func (s *subject) pick(arrays runtime.Tensors) runtime.Tensors { return pick(s.session, arrays) }

// given is Inputs for the subject, of arrays that may not be there.
func (s *subject) given(arrays runtime.Tensors) (runtime.Tensors, error) {
	if len(arrays) == 0 {
		return nil, nil
	}
	return Inputs(s.session, arrays)
}

const (
	randomPictures = 2  // where the model leaves the batch open
	randomSize     = 64 // where it leaves height or width open
)

// randomInput makes float32 inputs, uniform in [-1, 1), the same for the same
// seed.
func (s *subject) randomInput(seed uint64) (runtime.Tensors, error) {
	rnd := rand.New(rand.NewPCG(seed, 2))
	in := runtime.Tensors{}
	for _, v := range s.inputs {
		if v.DType != tensor.Float32 || v.Shape == nil {
			return nil, fmt.Errorf("input %s is %s %s: random values are only made for float32 of a known rank, give an npz", errs.Quote(v.Name), v.DType, v.Shape)
		}
		shape := v.Shape.Clone()
		for i, d := range shape {
			switch {
			case d == tensor.Unknown && i == 0:
				shape[i] = randomPictures
			case d == tensor.Unknown:
				shape[i] = randomSize
			}
		}
		if _, _, err := tensor.Size(v.DType, shape); err != nil {
			return nil, fmt.Errorf("input %s: %w", errs.Quote(v.Name), err)
		}
		t := tensor.New(v.DType, shape...)
		data := tensor.Data[float32](t)
		for i := range data {
			data[i] = rnd.Float32()*2 - 1
		}
		in[v.Name] = t
	}
	return in, nil
}
