package verify

import (
	"context"
	"fmt"
	"maps"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/npy"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/mdconv"
	"github.com/mixconv/mixconv/preprocess"
	"github.com/mixconv/mixconv/runtime"
	"google.golang.org/protobuf/proto"
)

// Reference is something to compare a model with.
type Reference interface {
	Name() string
	// inputs are those that the values were recorded for, under the names of
	// the model here; nil if the reference has none.
	inputs(here *subject) runtime.Tensors
	// recorded says that the values belong to one input and no other.
	recorded() bool
	// answer has the reference's values for inputs of the model here, which
	// were made of the pictures if there are some.
	answer(ctx context.Context, here *subject, in runtime.Tensors, pictures []Picture) (answer, error)
}

// answer is what a reference computed or recorded.
type answer struct {
	values *values
	stages []preprocess.Stages // of each picture, if the reference prepared them itself
	note   string              // what the reader of the report should know

	siblings []siblingAnswer // other networks with the same tensors

	network, namedBy string // that a library built, and what named it; "" of other references
}

// recordedArrays is a Reference that was written down: an .npz.
type recordedArrays struct {
	name   string
	arrays runtime.Tensors
}

// NPZ returns the arrays of a .npz file as a reference. Array `input`, or
// whatever the model's input is called, is what the model is run on; all others
// are compared with the model's values of the same name. Arrays of fewer
// pictures than the input are compared with the first ones, but outputs
// recorded with their own input must be of all its pictures. Pictures in NHWC
// are recognised by their shape.
func NPZ(path string, lim limit.Limits) (Reference, error) {
	arrays, err := npy.ReadArchive(path, lim)
	if err != nil {
		return nil, err
	}
	return Recorded("npz:"+path, arrays), nil
}

// Recorded returns arrays in memory as a reference, as NPZ does those of a
// file.
func Recorded(name string, arrays runtime.Tensors) Reference {
	return &recordedArrays{name, arrays}
}

func (r *recordedArrays) Name() string   { return r.name }
func (r *recordedArrays) recorded() bool { return true }

func (r *recordedArrays) inputs(here *subject) runtime.Tensors { return here.pick(r.arrays) }

func (r *recordedArrays) answer(_ context.Context, here *subject, _ runtime.Tensors, pictures []Picture) (answer, error) {
	out := maps.Clone(r.arrays)
	for _, v := range here.inputs {
		delete(out, v.Name)
		delete(out, plainName(v.Name))
	}
	return answer{stages: takeStages(out, len(pictures)), values: &values{tensors: out}}, nil
}

// modelReference is a Reference that is run: another model.
type modelReference struct {
	name string
	*subject
}

// ONNX returns the model in another file as a reference, run on the same input.
func ONNX(path string, o Options) (Reference, error) {
	m, err := onnx.ReadFile(path, o.Session.Limits)
	if err != nil {
		return nil, err
	}
	return Model("onnx:"+path, m, o)
}

// Model returns a model in memory as a reference.
func Model(name string, m *onnx.Model, o Options) (Reference, error) {
	s, err := newSubject(m, o)
	if err != nil {
		return nil, err
	}
	return &modelReference{name, s}, nil
}

// Forms returns the other form of m as a reference: fused if m's mixed
// convolutions are split, split if they are fused. External data of m is moved
// into it.
func Forms(m *onnx.Model, o Options) (Reference, error) {
	if err := m.EmbedData(); err != nil {
		return nil, err
	}
	other := onnx.New(proto.CloneOf(m.Proto))
	n, err := mdconv.Unfuse(other)
	form := "split"
	if err == nil && n == 0 {
		n, err = mdconv.Fuse(other)
		form = "fused"
	}
	if err != nil {
		return nil, errs.InFile(m.Name(), err)
	}
	if n == 0 {
		return nil, errs.InFile(m.Name(), fmt.Errorf("no mixed depthwise convolution in either form"))
	}
	return Model("forms:"+form, other, o)
}

func (r *modelReference) Name() string                    { return r.name }
func (r *modelReference) recorded() bool                  { return false }
func (r *modelReference) inputs(*subject) runtime.Tensors { return nil }

// answer feeds the reference by name or, where both models have one input, by
// position, in the layout that it declares.
func (r *modelReference) answer(ctx context.Context, here *subject, in runtime.Tensors, _ []Picture) (answer, error) {
	mine := r.pick(in)
	if mine == nil && len(r.subject.inputs) == 1 && len(here.inputs) == 1 {
		only := r.subject.inputs[0]
		mine = r.pick(runtime.Tensors{only.Name: in[here.inputs[0].Name]})
	}
	if mine == nil {
		return answer{}, fmt.Errorf("%s takes other inputs than %s", errs.Quote(r.name), errs.Quote(here.model.Name()))
	}
	v, err := r.values(ctx, mine)
	if err != nil {
		return answer{}, err
	}
	mineOut, hereOut := r.session.Outputs(), here.session.Outputs()
	if len(mineOut) == 1 && len(hereOut) == 1 && !v.has(hereOut[0].Name) {
		v.tensors[hereOut[0].Name] = v.tensors[mineOut[0].Name]
		delete(v.tensors, mineOut[0].Name)
	}
	return answer{values: v}, nil
}
