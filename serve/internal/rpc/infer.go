package rpc

import (
	"context"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/serve/internal/model"
	"github.com/mixconv/mixconv/serve/internal/oip"
	"github.com/mixconv/mixconv/serve/internal/oippb"
	"github.com/mixconv/mixconv/tensor"
)

func (s *service) infer(ctx context.Context, q *inferRequest) (*oippb.InferResponse, error) {
	defer q.free() // what the request has not taken
	m, err := s.models.Get(q.ModelName, q.ModelVersion)
	if err != nil {
		return nil, asError(err)
	}
	defer m.Release()
	if e := m.Refuses(); e != nil {
		return nil, asError(e)
	}
	r, err := q.request(m.Model)
	if err != nil {
		return nil, asError(err)
	}
	typed := len(q.Inputs) > 0 && q.Inputs[0].Contents != nil
	answer, err := m.Infer(ctx, r)
	if err != nil {
		return nil, asError(err)
	}
	return respond(answer, typed), nil
}

// request is what q asks for. It owns the memory of the inputs then.
func (q *inferRequest) request(m *model.Model) (_ *oip.Request, err error) {
	r := &oip.Request{ID: q.Id}
	defer func() {
		if err != nil {
			r.Free()
		}
	}()
	if len(q.raw) > 0 && len(q.raw) != len(q.Inputs) {
		return nil, oip.Invalidf("raw_input_contents has %d elements, and there are %d inputs", len(q.raw), len(q.Inputs))
	}
	if t, ok := q.Parameters["timeout"]; ok {
		us := t.GetInt64Param()
		if v, ok := t.Value.(*oippb.Parameter_Uint64Param); ok {
			us = int64(min(v.Uint64Param, 1<<62))
		}
		if err := r.SetTimeout(us); err != nil {
			return nil, err
		}
	}
	if err := q.wanted(r); err != nil {
		return nil, err
	}
	for i, in := range q.Inputs {
		t, err := q.input(m, r, i)
		if err != nil {
			return nil, err
		}
		if err := r.Add(in.Name, t); err != nil {
			return nil, err
		}
	}
	return r, nil
}

const sharedMemory = "shared_memory_region"

// wanted takes the outputs that q asks for.
func (q *inferRequest) wanted(r *oip.Request) error {
	for _, o := range q.Outputs {
		if _, ok := o.Parameters[sharedMemory]; ok {
			return oip.Errorf(oip.Unimplemented, "output %s: shared memory is not supported", errs.Quote(o.Name))
		}
		w := oip.Wanted{Name: o.Name}
		if k, ok := o.Parameters["classification"]; ok {
			classes := k.GetInt64Param()
			if w.Classes = int(classes); int64(w.Classes) != classes {
				w.Classes = -1
			}
		}
		r.Outputs = append(r.Outputs, w)
	}
	return nil
}

// input makes the tensor of an input.
func (q *inferRequest) input(m *model.Model, r *oip.Request, i int) (*tensor.Tensor, error) {
	in := q.Inputs[i]
	if _, ok := in.Parameters[sharedMemory]; ok {
		return nil, oip.Errorf(oip.Unimplemented, "input %s: shared memory is not supported", errs.Quote(in.Name))
	}
	v, err := m.Input(in.Name)
	if err != nil {
		return nil, err
	}
	d, err := oip.DType(in.Datatype)
	if err != nil {
		return nil, oip.Invalidf("input %s: %v", errs.Quote(in.Name), err)
	}
	shape, elements, err := oip.Shape(in.Name, d, in.Shape)
	if err != nil {
		return nil, err
	}
	if err := model.Takes(v, d, shape); err != nil {
		return nil, err
	}
	if len(q.raw) == 0 {
		return fromContents(in.Name, in.Contents, d, shape, elements)
	}
	if in.Contents != nil {
		return nil, oip.Invalidf("input %s has contents, and there are raw_input_contents", errs.Quote(in.Name))
	}
	raw := q.raw[i]
	var t *tensor.Tensor
	switch width := oip.ElementBytes(d); {
	case width == 0:
		t, err = oip.Strings(raw.memory.Bytes(raw.size), shape)
	case int64(raw.size) != int64(elements)*int64(width):
		return nil, oip.Invalidf("input %s: %d bytes of raw contents, %s %v has %d", errs.Quote(in.Name), raw.size, in.Datatype, shape, int64(elements)*int64(width))
	default:
		r.Keep(raw.memory)
		q.raw[i] = rawInput{}
		t, err = raw.memory.Tensor(d, shape)
	}
	if err != nil {
		return nil, oip.Invalidf("input %s: %v", errs.Quote(in.Name), err)
	}
	return t, nil
}

// respond is an answer as a message: with typed contents if the request had such and
// all types have lists, raw otherwise.
func respond(r *oip.Response, typed bool) *oippb.InferResponse {
	m := &oippb.InferResponse{ModelName: r.Model, ModelVersion: r.Version, Id: r.ID}
	for _, o := range r.Outputs {
		t := &oippb.Tensor{Name: o.Name, Datatype: oip.Datatype(o.Tensor.DType)}
		for _, n := range o.Tensor.Shape {
			t.Shape = append(t.Shape, int64(n))
		}
		m.Outputs = append(m.Outputs, t)
		typed = typed && o.Tensor.DType != tensor.Float16 && o.Tensor.DType != tensor.BFloat16
	}
	for i, o := range r.Outputs {
		if typed {
			m.Outputs[i].Contents = toContents(o.Tensor)
			continue
		}
		m.RawOutputContents = append(m.RawOutputContents, oip.AppendBinary(make([]byte, 0, oip.BinarySize(o.Tensor)), o.Tensor))
	}
	return m
}
