package conformance

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

const (
	binaryGroup     = "binary tensor data"
	binaryExtension = "binary_tensor_data"
	binarySection   = "Binary Tensor Data Extension"
	headerLength    = "Inference-Header-Content-Length"
)

var binaryCases = []testCase{
	{binaryGroup, "inputs as bytes have the answer of JSON", binarySection, binaryExtension, func(ctx context.Context, s *suite) error {
		return s.alikeBinary(ctx, nil)
	}},
	{binaryGroup, "binary_data gives an output as bytes", binarySection, binaryExtension, func(ctx context.Context, s *suite) error {
		return s.alikeJSON(ctx, s.wanting(map[string]any{"binary_data": true}), true)
	}},
	{binaryGroup, "binary_data_output gives all outputs as bytes", binarySection, binaryExtension, func(ctx context.Context, s *suite) error {
		return s.alikeJSON(ctx, s.request(map[string]any{"parameters": map[string]any{"binary_data_output": true}}), true)
	}},
	{binaryGroup, "binary_data of an output overrides binary_data_output", binarySection, binaryExtension, func(ctx context.Context, s *suite) error {
		r := s.wanting(map[string]any{"binary_data": false})
		r["parameters"] = map[string]any{"binary_data_output": true}
		return s.alikeJSON(ctx, r, false)
	}},
	{binaryGroup, "without either, outputs are JSON", binarySection, binaryExtension, func(ctx context.Context, s *suite) error {
		return s.alikeJSON(ctx, s.request(nil), false)
	}},
	{binaryGroup, "inputs and outputs as bytes", binarySection, binaryExtension, func(ctx context.Context, s *suite) error {
		return s.alikeBinary(ctx, map[string]any{"binary_data_output": true})
	}},
	{binaryGroup, "an answer with bytes is application/octet-stream", binarySection + ", examples", binaryExtension, func(ctx context.Context, s *suite) error {
		a, err := s.post(ctx, s.path("/infer"), encode(s.wanting(map[string]any{"binary_data": true})), "Content-Type", "application/json")
		if err != nil {
			return err
		}
		kind := a.header.Get("Content-Type")
		return equal("Content-Type", kind, kind == "application/octet-stream", "application/octet-stream")
	}},
	{binaryGroup, "an output as bytes says how many", binarySection, binaryExtension, func(ctx context.Context, s *suite) error {
		r, err := s.infer(ctx, s.wanting(map[string]any{"binary_data": true}))
		if err != nil {
			return err
		}
		for _, o := range r.Outputs {
			if want := int(elements(o.Shape)) * sizes[o.Datatype]; len(o.raw) != want {
				return fmt.Errorf("output %q has %d bytes, demanded %d", o.Name, len(o.raw), want)
			}
			if o.Data != nil {
				return fmt.Errorf("output %q has bytes and data", o.Name)
			}
		}
		return nil
	}},
	{binaryGroup, "one input as bytes and one as JSON", binarySection, binaryExtension, func(ctx context.Context, s *suite) error {
		if len(s.inputs) < 2 {
			return &inapplicable{"the model has one input"}
		}
		inputs := slices.Clone(s.inputs)
		raw := inputs[1].raw()
		inputs[1].Data, inputs[1].Parameters = nil, map[string]any{"binary_data_size": len(raw)}
		return s.alikeBytes(ctx, encode(map[string]any{"inputs": inputs}), raw)
	}},
	{binaryGroup, "the id comes back with bytes too", "REST: Inference Request, id", binaryExtension, func(ctx context.Context, s *suite) error {
		r := s.wanting(map[string]any{"binary_data": true})
		r["id"] = "binary"
		got, err := s.infer(ctx, r)
		if err != nil {
			return err
		}
		return equal("id", string(encode(got.ID)), got.ID != nil && *got.ID == "binary", `"binary"`)
	}},
	{binaryGroup, "bytes without the header's length are an error", binarySection, binaryExtension, wrongBinary(func(b *binaryBody) { b.length = "" })},
	{binaryGroup, "a header's length beyond the body is an error", binarySection, binaryExtension, wrongBinary(func(b *binaryBody) { b.length = strconv.Itoa(len(b.json) + len(b.raw) + 1) })},
	{binaryGroup, "a header's length beyond any number is an error", binarySection, binaryExtension, wrongBinary(func(b *binaryBody) { b.length = "99999999999999999999" })},
	{binaryGroup, "a negative header's length is an error", binarySection, binaryExtension, wrongBinary(func(b *binaryBody) { b.length = "-1" })},
	{binaryGroup, "a header's length that is no number is an error", binarySection, binaryExtension, wrongBinary(func(b *binaryBody) { b.length = "ten" })},
	{binaryGroup, "a header's length that cuts the JSON is an error", binarySection, binaryExtension, wrongBinary(func(b *binaryBody) { b.length = strconv.Itoa(len(b.json) - 2) })},
	{binaryGroup, "fewer bytes than the shape takes are an error", binarySection, binaryExtension, wrongSize(func(n int) (said, sent int) { return n - 1, n - 1 })},
	{binaryGroup, "more bytes than the shape takes are an error", binarySection, binaryExtension, wrongSize(func(n int) (said, sent int) { return n + 4, n + 4 })},
	{binaryGroup, "a body shorter than the sizes say is an error", binarySection, binaryExtension, wrongSize(func(n int) (said, sent int) { return n, n - 1 })},
	{binaryGroup, "bytes behind the last input are an error", binarySection, binaryExtension, wrongSize(func(n int) (said, sent int) { return n, n + 3 })},
	{binaryGroup, "a negative size is an error", binarySection, binaryExtension, wrongSize(func(n int) (said, sent int) { return -n, n })},
	{binaryGroup, "a size that is text is an error", binarySection, binaryExtension, wrongBinary(func(b *binaryBody) { b.inputs[0].Parameters = map[string]any{"binary_data_size": "all"} })},
	{binaryGroup, "bytes and data for one input are an error", binarySection, binaryExtension, wrongBinary(func(b *binaryBody) { b.inputs[0].Data = []float64{1} })},
}

// wanting is the sample request that names all outputs, with parameters.
func (s *suite) wanting(parameters map[string]any) map[string]any {
	var list []any
	for _, o := range s.model.Outputs {
		list = append(list, map[string]any{"name": o.Name, "parameters": parameters})
	}
	return s.request(map[string]any{"outputs": list})
}

// binaryBody is a request whose inputs are bytes.
type binaryBody struct {
	inputs    []input
	json, raw []byte
	length    string // of the JSON
}

func (s *suite) binary(parameters map[string]any) *binaryBody {
	b := &binaryBody{inputs: slices.Clone(s.inputs)}
	for i := range b.inputs {
		raw := b.inputs[i].raw()
		b.inputs[i].Data, b.inputs[i].Parameters = nil, map[string]any{"binary_data_size": len(raw)}
		b.raw = append(b.raw, raw...)
	}
	b.encode(parameters)
	return b
}

func (b *binaryBody) encode(parameters map[string]any) {
	r := map[string]any{"inputs": b.inputs}
	if parameters != nil {
		r["parameters"] = parameters
	}
	b.json = encode(r)
	b.length = strconv.Itoa(len(b.json))
}

// alikeBinary demands that inputs as bytes have the answer that they have as JSON.
func (s *suite) alikeBinary(ctx context.Context, parameters map[string]any) error {
	b := s.binary(parameters)
	return s.alikeBytes(ctx, b.json, b.raw)
}

func (s *suite) alikeBytes(ctx context.Context, json, raw []byte) error {
	want, err := s.infer(ctx, s.request(nil))
	if err != nil {
		return err
	}
	a, err := s.post(ctx, s.path("/infer"), slices.Concat(json, raw), headerLength, strconv.Itoa(len(json)), "Content-Type", "application/octet-stream")
	if err != nil {
		return err
	}
	got, err := a.response()
	if err != nil {
		return err
	}
	return same("as bytes", want, got)
}

// alikeJSON demands that a request has the answer of the sample request, in bytes or not.
func (s *suite) alikeJSON(ctx context.Context, request map[string]any, bytes bool) error {
	want, err := s.infer(ctx, s.request(nil))
	if err != nil {
		return err
	}
	got, err := s.infer(ctx, request)
	if err != nil {
		return err
	}
	for _, o := range got.Outputs {
		if (o.raw != nil) != bytes {
			return fmt.Errorf("output %q in bytes: %v, demanded %v", o.Name, o.raw != nil, bytes)
		}
	}
	return same("the answer", want, got)
}

// wrongBinary demands that a request that was changed is an error.
func wrongBinary(change func(b *binaryBody)) func(context.Context, *suite) error {
	return func(ctx context.Context, s *suite) error {
		b := s.binary(nil)
		json := b.json
		change(b)
		if length := b.length; string(encode(map[string]any{"inputs": b.inputs})) != string(json) {
			if b.encode(nil); length != strconv.Itoa(len(json)) {
				b.length = length
			}
		}
		headers := []string{"Content-Type", "application/octet-stream"}
		if b.length != "" {
			headers = append(headers, headerLength, b.length)
		}
		a, err := s.send(ctx, http.MethodPost, s.path("/infer"), bodyOf(b.json, b.raw), headers...)
		if err != nil {
			return err
		}
		return a.refused()
	}
}

// wrongSize demands that the first input's size, as it is said and as many bytes as are
// sent for the last one, is an error.
func wrongSize(sizes func(n int) (said, sent int)) func(context.Context, *suite) error {
	return wrongBinary(func(b *binaryBody) {
		last := len(b.inputs) - 1
		n, _ := b.inputs[last].Parameters["binary_data_size"].(int)
		said, sent := sizes(n)
		b.inputs[last].Parameters = map[string]any{"binary_data_size": said}
		b.raw = append(slices.Clone(b.raw), make([]byte, 8)...)[:len(b.raw)-n+sent]
	})
}
