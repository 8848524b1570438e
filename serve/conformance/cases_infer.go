package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

const inference = "inference"

var inferCases = []testCase{
	{inference, "a request with name, shape, type and data is answered", "REST: Inference", "", func(ctx context.Context, s *suite) error {
		_, err := s.infer(ctx, s.request(nil))
		return err
	}},
	{inference, "the answer is JSON", "REST: Inference", "", func(ctx context.Context, s *suite) error {
		a, err := s.post(ctx, s.path("/infer"), encode(s.request(nil)), "Content-Type", "application/json")
		if err != nil {
			return err
		}
		return a.isJSON()
	}},
	{inference, "the answer names the model", "REST: Inference Response", "", answered(func(_ *suite, r *response) error {
		return equal("model_name", r.ModelName, r.ModelName != "", "a name")
	})},
	{inference, "the answer has the model's outputs, all of them", "REST: Inference Request, outputs", "", answered(func(s *suite, r *response) error {
		var got, want []string
		for _, o := range r.Outputs {
			got = append(got, o.Name)
		}
		for _, o := range s.model.Outputs {
			want = append(want, o.Name)
		}
		slices.Sort(got)
		slices.Sort(want)
		return equal("outputs", got, slices.Equal(got, want), fmt.Sprint(want))
	})},
	{inference, "outputs have the types of the metadata", "REST: Response Output", "", answered(ofOutputs(func(o *output, m tensorMetadata) error {
		return equal(o.Name, o.Datatype, o.Datatype == m.Datatype, m.Datatype)
	}))},
	{inference, "outputs have the ranks and sizes of the metadata", "REST: Response Output", "", answered(ofOutputs(func(o *output, m tensorMetadata) error {
		ok := len(o.Shape) == len(m.Shape)
		for i := range o.Shape {
			ok = ok && (m.Shape[i] < 0 || m.Shape[i] == o.Shape[i])
		}
		return equal(o.Name, o.Shape, ok, fmt.Sprint(m.Shape))
	}))},
	{inference, "outputs have as many elements as their shape says", "REST: Tensor Data", "", answered(ofOutputs(func(o *output, _ tensorMetadata) error {
		list, err := o.numbers()
		if err != nil {
			return err
		}
		return equal(o.Name, len(list), int64(len(list)) == elements(o.Shape), strconv.FormatInt(elements(o.Shape), 10)+" elements")
	}))},
	{inference, "the id comes back", "REST: Inference Request, id", "", echo("a-1 é\"")},
	{inference, "an empty parameters object is taken", "REST: Parameters", "", variant(func(s *suite) map[string]any {
		return s.request(map[string]any{"parameters": map[string]any{}})
	})},
	{inference, "an empty parameters object of an input is taken", "REST: Request Input, parameters", "", func(ctx context.Context, s *suite) error {
		body := bytes.Replace(encode(s.request(nil)), []byte(`{"name":`), []byte(`{"parameters":{},"name":`), 1)
		a, err := s.post(ctx, s.path("/infer"), body, "Content-Type", "application/json")
		if err != nil {
			return err
		}
		_, err = a.response()
		return err
	}},
	{inference, "an output with an empty parameters object is taken", "REST: Request Output, parameters", "", variant(func(s *suite) map[string]any {
		return s.request(map[string]any{"outputs": []any{map[string]any{"name": s.model.Outputs[0].Name, "parameters": map[string]any{}}}})
	})},
	{inference, "data may be nested as the shape is", "REST: Tensor Data", "", alike(func(s *suite) map[string]any {
		return s.with(func(t *input) { t.Data = nest(t.Data, t.Shape) })
	})},
	{inference, "fields may come in any order", "RFC 8259", "", func(ctx context.Context, s *suite) error {
		var list []string
		for _, t := range s.inputs {
			list = append(list, fmt.Sprintf(`{"data":%s,"datatype":%q,"shape":%s,"name":%s}`, encode(t.Data), t.Datatype, encode(t.Shape), encode(t.Name)))
		}
		return s.alikeBody(ctx, "{\"inputs\" : [\n"+strings.Join(list, ", ")+"\n] }")
	}},
	{inference, "numbers may be written with an exponent", "RFC 8259", "", func(ctx context.Context, s *suite) error {
		list, ok := s.inputs[0].Data.([]float64)
		if !ok || s.inputs[0].Datatype != "FP32" && s.inputs[0].Datatype != "FP64" {
			return &inapplicable{"the first input has no floats"}
		}
		var text []json.RawMessage
		for _, v := range list {
			text = append(text, json.RawMessage(strconv.FormatFloat(v, 'E', 3, 64)))
		}
		return alike(func(s *suite) map[string]any { return s.with(func(t *input) { t.Data = text }) })(ctx, s)
	}},
	{inference, "of several outputs only those that are asked for come", "REST: Inference Request, outputs", "", func(ctx context.Context, s *suite) error {
		if len(s.model.Outputs) < 2 {
			return &inapplicable{"the model has one output"}
		}
		name := s.model.Outputs[1].Name
		r, err := s.infer(ctx, s.request(map[string]any{"outputs": []any{map[string]any{"name": name}}}))
		if err != nil {
			return err
		}
		return equal("outputs", len(r.Outputs), len(r.Outputs) == 1 && r.Outputs[0].Name == name, "only "+name)
	}},
	{inference, "the same request has the same answer", "REST: Inference", "", alike(func(s *suite) map[string]any { return s.request(nil) })},
	{inference, "a version answers as its model", "REST: Inference", "", func(ctx context.Context, s *suite) error {
		version, err := s.version()
		if err != nil {
			return err
		}
		want, err := s.infer(ctx, s.request(nil))
		if err != nil {
			return err
		}
		a, err := s.post(ctx, s.path("/versions/"+url.PathEscape(version)+"/infer"), encode(s.request(nil)), "Content-Type", "application/json")
		if err != nil {
			return err
		}
		got, err := a.response()
		if err != nil {
			return err
		}
		return same("version "+version, want, got)
	}},
	{inference, "a batch of two is two answers", "REST: Request Input", "", batchOfTwo},
	{inference, "a body in chunks is taken", "RFC 9112, 7.1", "", func(ctx context.Context, s *suite) error {
		body := struct{ io.Reader }{bytes.NewReader(encode(s.request(nil)))} // of unknown length
		a, err := s.send(ctx, http.MethodPost, s.path("/infer"), body, "Content-Type", "application/json")
		if err != nil {
			return err
		}
		_, err = a.response()
		return err
	}},
	{inference, "eight callers at once each have their own answer", "REST: Inference Request, id", "", func(ctx context.Context, s *suite) error {
		failures := make([]error, 8)
		var all sync.WaitGroup
		for i := range failures {
			all.Go(func() { failures[i] = echo("caller "+strconv.Itoa(i))(ctx, s) })
		}
		all.Wait()
		return errors.Join(failures...)
	}},
	{inference, "answers stay right after errors", "REST: Inference", "", func(ctx context.Context, s *suite) error {
		want, err := s.infer(ctx, s.request(nil))
		if err != nil {
			return err
		}
		for range 3 {
			if _, err := s.post(ctx, s.path("/infer"), []byte("{"), "Content-Type", "application/json"); err != nil {
				return err
			}
		}
		got, err := s.infer(ctx, s.request(nil))
		if err != nil {
			return err
		}
		return same("after errors", want, got)
	}},
}

// equal is an error unless ok: what was found, and what is demanded.
func equal(what string, found any, ok bool, demanded string) error {
	if ok {
		return nil
	}
	return fmt.Errorf("%s: %v, demanded %s", what, found, demanded)
}

// answered demands something of the answer to the sample request.
func answered(is func(s *suite, r *response) error) func(context.Context, *suite) error {
	return func(ctx context.Context, s *suite) error {
		r, err := s.infer(ctx, s.request(nil))
		if err != nil {
			return err
		}
		return is(s, r)
	}
}

// ofOutputs demands something of each output, beside its metadata.
func ofOutputs(is func(o *output, m tensorMetadata) error) func(s *suite, r *response) error {
	return func(s *suite, r *response) error {
		if len(r.Outputs) == 0 {
			return errors.New("no outputs")
		}
		for i := range r.Outputs {
			at := slices.IndexFunc(s.model.Outputs, func(m tensorMetadata) bool { return m.Name == r.Outputs[i].Name })
			if at < 0 {
				return fmt.Errorf("output %q, which the metadata has not", r.Outputs[i].Name)
			}
			if err := is(&r.Outputs[i], s.model.Outputs[at]); err != nil {
				return err
			}
		}
		return nil
	}
}

// variant demands that a request is answered.
func variant(request func(s *suite) map[string]any) func(context.Context, *suite) error {
	return func(ctx context.Context, s *suite) error {
		_, err := s.infer(ctx, request(s))
		return err
	}
}

// alike demands that a request has the answer of the sample request.
func alike(request func(s *suite) map[string]any) func(context.Context, *suite) error {
	return func(ctx context.Context, s *suite) error { return s.alikeBody(ctx, string(encode(request(s)))) }
}

func (s *suite) alikeBody(ctx context.Context, body string) error {
	want, err := s.infer(ctx, s.request(nil))
	if err != nil {
		return err
	}
	a, err := s.post(ctx, s.path("/infer"), []byte(body), "Content-Type", "application/json")
	if err != nil {
		return err
	}
	got, err := a.response()
	if err != nil {
		return err
	}
	return same("the answer", want, got)
}

func echo(id string) func(context.Context, *suite) error {
	return func(ctx context.Context, s *suite) error {
		r, err := s.infer(ctx, s.request(map[string]any{"id": id}))
		if err != nil {
			return err
		}
		if r.ID == nil || *r.ID != id {
			return fmt.Errorf("id %s, demanded %q", encode(r.ID), id)
		}
		return nil
	}
}

// nest gives data the form of its shape.
func nest(data any, shape []int64) any {
	list, ok := data.([]float64)
	if !ok || len(shape) < 2 || len(list) == 0 {
		return data
	}
	each := int64(len(list)) / shape[0]
	var parts []any
	for part := range slices.Chunk(list, max(int(each), 1)) {
		parts = append(parts, nest(part, shape[1:]))
	}
	return parts
}

// doubled are the sample inputs twice, the second time with other numbers.
func (s *suite) doubled() ([]input, error) {
	inputs := slices.Clone(s.inputs)
	for i, in := range s.model.Inputs {
		list, ok := inputs[i].Data.([]float64)
		if !ok || len(in.Shape) == 0 || in.Shape[0] != -1 || inputs[i].Shape[0] != 1 {
			return nil, &inapplicable{"an input whose first dimension is not open, or is no number"}
		}
		second := slices.Clone(list)
		slices.Reverse(second)
		inputs[i].Data = slices.Concat(list, second)
		inputs[i].Shape = slices.Concat([]int64{2}, inputs[i].Shape[1:])
	}
	return inputs, nil
}

func batchOfTwo(ctx context.Context, s *suite) error {
	inputs, err := s.doubled()
	if err != nil {
		return err
	}
	both, err := s.infer(ctx, map[string]any{"inputs": inputs})
	if err != nil {
		return err
	}
	for half := range 2 {
		alone := slices.Clone(s.inputs)
		for i := range alone {
			list := inputs[i].Data.([]float64)
			alone[i].Data = list[half*len(list)/2 : (half+1)*len(list)/2]
		}
		one, err := s.infer(ctx, map[string]any{"inputs": alone})
		if err != nil {
			return err
		}
		for i := range both.Outputs {
			x, err := both.Outputs[i].numbers()
			if err != nil {
				return err
			}
			y, err := one.Outputs[i].numbers()
			if err != nil {
				return err
			}
			if err := near(both.Outputs[i].Name, x[half*len(x)/2:(half+1)*len(x)/2], y); err != nil {
				return fmt.Errorf("row %d of two and alone: %w", half, err)
			}
		}
	}
	return nil
}
