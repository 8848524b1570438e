package conformance

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
)

// response is what an inference answers.
type response struct {
	ModelName    string   `json:"model_name"`
	ModelVersion *string  `json:"model_version"`
	ID           *string  `json:"id"`
	Outputs      []output `json:"outputs"`
}

type output struct {
	Name       string          `json:"name"`
	Shape      []int64         `json:"shape"`
	Datatype   string          `json:"datatype"`
	Parameters map[string]any  `json:"parameters"`
	Data       json.RawMessage `json:"data"`

	raw []byte // of the binary extension
}

// infer makes an inference that must succeed.
func (s *suite) infer(ctx context.Context, request map[string]any, headers ...string) (*response, error) {
	a, err := s.post(ctx, s.path("/infer"), encode(request), append([]string{"Content-Type", "application/json"}, headers...)...)
	if err != nil {
		return nil, err
	}
	return a.response()
}

// response reads an answer, with what the binary extension puts behind its JSON.
func (a *answer) response() (*response, error) {
	length := a.header.Get("Inference-Header-Content-Length")
	if length == "" {
		r := new(response)
		return r, a.decode(r)
	}
	n, err := strconv.Atoi(length)
	if err != nil || n < 0 || n > len(a.body) {
		return nil, fmt.Errorf("Inference-Header-Content-Length %q of a body of %d bytes", length, len(a.body))
	}
	r, rest := new(response), a.body[n:]
	if err := (&answer{a.status, a.header, a.body[:n]}).decode(r); err != nil {
		return nil, err
	}
	for i := range r.Outputs {
		size, ok := r.Outputs[i].Parameters["binary_data_size"].(float64)
		if !ok {
			continue
		}
		if size < 0 || size > float64(len(rest)) {
			return nil, fmt.Errorf("output %q: binary_data_size %g, %d bytes are left", r.Outputs[i].Name, size, len(rest))
		}
		reader := bytes.NewBuffer(rest)
		for float64(len(r.Outputs[i].raw)) < size {
			b, _ := reader.ReadByte() // there are as many
			r.Outputs[i].raw = append(r.Outputs[i].raw, b)
		}
		rest = reader.Bytes()
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("%d bytes behind the last output's", len(rest))
	}
	return r, nil
}

// elements is the product of a shape, -1 if it has none.
func elements(shape []int64) int64 {
	n := int64(1)
	for _, d := range shape {
		hi, lo := bits.Mul64(uint64(n), uint64(d))
		if d < 0 || hi != 0 || lo > math.MaxInt64 {
			return -1
		}
		n = int64(lo)
	}
	return n
}

// numbers are an output's elements, in row-major order.
func (o *output) numbers() ([]float64, error) {
	if o.raw != nil {
		return rawNumbers(o.Datatype, o.raw)
	}
	var value any
	if err := json.Unmarshal(o.Data, &value); err != nil {
		return nil, fmt.Errorf("output %q has no data: %w", o.Name, err)
	}
	return flatten(nil, value)
}

func flatten(list []float64, value any) ([]float64, error) {
	switch v := value.(type) {
	case []any:
		for _, e := range v {
			var err error
			if list, err = flatten(list, e); err != nil {
				return nil, err
			}
		}
		return list, nil
	case float64:
		return append(list, v), nil
	case bool:
		return append(list, map[bool]float64{true: 1}[v]), nil
	}
	return nil, fmt.Errorf("data has %.40q, demanded numbers", fmt.Sprint(value))
}

// rawNumbers reads little-endian elements.
func rawNumbers(datatype string, raw []byte) ([]float64, error) {
	size := sizes[datatype]
	if size == 0 || len(raw)%size != 0 {
		return nil, fmt.Errorf("%d bytes of type %q", len(raw), datatype)
	}
	var list []float64
	for b := range slices.Chunk(raw, size) {
		var word [8]byte
		copy(word[:], b)
		bits := binary.LittleEndian.Uint64(word[:])
		switch datatype {
		case "FP32":
			list = append(list, float64(math.Float32frombits(binary.LittleEndian.Uint32(b))))
		case "FP64":
			list = append(list, math.Float64frombits(bits))
		case "INT8", "INT16", "INT32", "INT64":
			shift := 64 - 8*size
			list = append(list, float64(int64(bits)<<shift>>shift))
		case "BOOL", "UINT8", "UINT16", "UINT32", "UINT64":
			list = append(list, float64(bits))
		default:
			return nil, &inapplicable{"an output of type " + datatype}
		}
	}
	return list, nil
}

// same demands that two responses have the same outputs: the same names, types, shapes and
// numbers, up to the rounding of float32 in JSON.
func same(what string, a, b *response) error {
	if len(a.Outputs) != len(b.Outputs) {
		return fmt.Errorf("%s: %d and %d outputs", what, len(a.Outputs), len(b.Outputs))
	}
	for i := range a.Outputs {
		if err := sameOutput(&a.Outputs[i], &b.Outputs[i]); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	return nil
}

func sameOutput(a, b *output) error {
	if a.Name != b.Name || a.Datatype != b.Datatype || !slices.Equal(a.Shape, b.Shape) {
		return fmt.Errorf("%s %s %v and %s %s %v", a.Name, a.Datatype, a.Shape, b.Name, b.Datatype, b.Shape)
	}
	x, err := a.numbers()
	if err != nil {
		return err
	}
	y, err := b.numbers()
	if err != nil {
		return err
	}
	return near(a.Name, x, y)
}

// near demands that numbers differ by no more than float32 computed in another order.
func near(name string, x, y []float64) error {
	if len(x) != len(y) {
		return fmt.Errorf("output %q: %d and %d elements", name, len(x), len(y))
	}
	largest := 0.0
	for _, v := range x {
		largest = max(largest, math.Abs(v))
	}
	for i := range x {
		if !(math.Abs(x[i]-y[i]) <= 1e-4*largest) && x[i] != y[i] {
			return fmt.Errorf("output %q: element %d is %g and %g", name, i, x[i], y[i])
		}
	}
	return nil
}
