package conformance

import (
	"context"
	"net/http"
	"slices"
	"strings"
)

const refusals = "errors"

var errorCases = []testCase{
	{refusals, "a model that is not there", "REST: Inference Error", "", func(ctx context.Context, s *suite) error {
		return s.refuses(ctx, "v2/models/mixconv_no_such_model/infer", encode(s.request(nil)))
	}},
	{refusals, "a version that is not there", "REST: Inference Error", "", func(ctx context.Context, s *suite) error {
		return s.refuses(ctx, s.path("/versions/987654321/infer"), encode(s.request(nil)))
	}},
	{refusals, "an empty body", "REST: Inference Error", "", refusesBody("")},
	{refusals, "a body that is no JSON", "REST: Inference Error", "", refusesBody("hello")},
	{refusals, "JSON that ends too early", "REST: Inference Error", "", refusesBody(`{"inputs":[{"name":"x"`)},
	{refusals, "an array in place of an object", "REST: Inference Error", "", refusesBody(`[]`)},
	{refusals, "JSON nested ten thousand times", "REST: Inference Error", "", refusesBody(`{"inputs":` + strings.Repeat("[", 10000) + strings.Repeat("]", 10000) + "}")},
	{refusals, "text that is no UTF-8", "RFC 8259, 8.1", "", refusesBody("{\"id\":\"\xff\xfe\",\"inputs\":[]}")},
	{refusals, "no inputs", "REST: Inference Request, inputs", "", refusesBody(`{}`)},
	{refusals, "an empty list of inputs", "REST: Inference Request, inputs", "", refusesBody(`{"inputs":[]}`)},
	{refusals, "inputs that are no list", "REST: Inference Request, inputs", "", refusesBody(`{"inputs":{"name":"x"}}`)},
	{refusals, "an input without name", "REST: Request Input, name", "", refusesInput(func(m map[string]any) { delete(m, "name") })},
	{refusals, "an input without shape", "REST: Request Input, shape", "", refusesInput(func(m map[string]any) { delete(m, "shape") })},
	{refusals, "an input without type", "REST: Request Input, datatype", "", refusesInput(func(m map[string]any) { delete(m, "datatype") })},
	{refusals, "an input without data", "REST: Request Input, data", "", refusesInput(func(m map[string]any) { delete(m, "data") })},
	{refusals, "an input that the model has not", "REST: Request Input, name", "", refusesInput(func(m map[string]any) { m["name"] = "mixconv_no_such_input" })},
	{refusals, "an input twice", "REST: Inference Request, inputs", "", func(ctx context.Context, s *suite) error {
		return s.refuses(ctx, s.path("/infer"), encode(map[string]any{"inputs": append(slices.Clone(s.inputs), s.inputs[0])}))
	}},
	{refusals, "a type that the text has not", "REST: Tensor Data Types", "", refusesInput(func(m map[string]any) { m["datatype"] = "FP31" })},
	{refusals, "another type than the model's", "REST: Request Input, datatype", "", func(ctx context.Context, s *suite) error {
		other := "INT16"
		if s.inputs[0].Datatype == other {
			other = "INT32"
		}
		return refusesInput(func(m map[string]any) { m["datatype"] = other })(ctx, s)
	}},
	{refusals, "a rank that the model has not", "REST: Request Input, shape", "", refusesInput(func(m map[string]any) {
		m["shape"] = slices.Concat([]int64{1, 1}, m["shape"].([]int64))
	})},
	{refusals, "a negative dimension", "REST: Request Input, shape", "", refusesInput(func(m map[string]any) { changeFirst(m, -1) })},
	{refusals, "a dimension that is no integer", "REST: Request Input, shape", "", refusesInput(func(m map[string]any) { m["shape"] = []any{1.5} })},
	{refusals, "a shape of text", "REST: Request Input, shape", "", refusesInput(func(m map[string]any) { m["shape"] = []any{"1"} })},
	{refusals, "a shape larger than any memory", "REST: Request Input, shape", "", refusesInput(func(m map[string]any) { changeFirst(m, 1<<62) })},
	{refusals, "a shape whose product overflows", "REST: Request Input, shape", "", refusesInput(func(m map[string]any) {
		shape := slices.Clone(m["shape"].([]int64))
		for i := range shape {
			shape[i] = 1 << 32
		}
		m["shape"] = shape
	})},
	{refusals, "less data than the shape says", "REST: Tensor Data", "", refusesInput(func(m map[string]any) { m["data"] = []float64{1} })},
	{refusals, "more data than the shape says", "REST: Tensor Data", "", func(ctx context.Context, s *suite) error {
		list, ok := s.inputs[0].Data.([]float64)
		if !ok {
			return &inapplicable{"the first input has no numbers"}
		}
		return refusesInput(func(m map[string]any) { m["data"] = append(slices.Clone(list), 1) })(ctx, s)
	}},
	{refusals, "text in place of numbers", "REST: Tensor Data", "", refusesInput(func(m map[string]any) {
		list := make([]string, elements(m["shape"].([]int64)))
		for i := range list {
			list[i] = "one"
		}
		m["data"] = list
	})},
	{refusals, "an object as data", "REST: Tensor Data", "", refusesInput(func(m map[string]any) { m["data"] = map[string]any{"a": 1} })},
	{refusals, "an output that the model has not", "REST: Request Output, name", "", func(ctx context.Context, s *suite) error {
		return s.refuses(ctx, s.path("/infer"), encode(s.request(map[string]any{"outputs": []any{map[string]any{"name": "mixconv_no_such_output"}}})))
	}},
	{refusals, "an output without name", "REST: Request Output, name", "", func(ctx context.Context, s *suite) error {
		return s.refuses(ctx, s.path("/infer"), encode(s.request(map[string]any{"outputs": []any{map[string]any{}}})))
	}},
	{refusals, "an inference asked with GET", "REST: table of APIs", "", func(ctx context.Context, s *suite) error {
		return clientError(http.MethodGet, s.path("/infer"))(ctx, s)
	}},
	{refusals, "a path that is not there", "REST: table of APIs", "", clientError(http.MethodGet, "v2/mixconv_no_such_path")},
}

// refuses demands that a request is an error with a message.
func (s *suite) refuses(ctx context.Context, path string, body []byte, headers ...string) error {
	a, err := s.post(ctx, path, body, append([]string{"Content-Type", "application/json"}, headers...)...)
	if err != nil {
		return err
	}
	return a.refused()
}

func refusesBody(body string) func(context.Context, *suite) error {
	return func(ctx context.Context, s *suite) error { return s.refuses(ctx, s.path("/infer"), []byte(body)) }
}

// refusesInput demands that the sample request with a changed first input is an error.
func refusesInput(change func(m map[string]any)) func(context.Context, *suite) error {
	return func(ctx context.Context, s *suite) error {
		t := s.inputs[0]
		m := map[string]any{"name": t.Name, "shape": t.Shape, "datatype": t.Datatype, "data": t.Data}
		change(m)
		list := []any{m}
		for _, more := range s.inputs[1:] {
			list = append(list, more)
		}
		return s.refuses(ctx, s.path("/infer"), encode(map[string]any{"inputs": list}))
	}
}

func changeFirst(m map[string]any, d int64) {
	shape := slices.Clone(m["shape"].([]int64))
	if len(shape) == 0 {
		shape = []int64{0}
	}
	shape[0] = d
	m["shape"] = shape
}
