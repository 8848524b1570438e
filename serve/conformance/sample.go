package conformance

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// sizes are how many bytes an element of a data type has; BYTES has a length of its own.
var sizes = map[string]int{
	"BOOL": 1, "UINT8": 1, "UINT16": 2, "UINT32": 4, "UINT64": 8, "INT8": 1, "INT16": 2, "INT32": 4, "INT64": 8,
	"FP16": 2, "FP32": 4, "FP64": 8, "BF16": 2, "BYTES": 0,
}

// input is an input as JSON has it.
type input struct {
	Name       string         `json:"name"`
	Shape      []int64        `json:"shape"`
	Datatype   string         `json:"datatype"`
	Parameters map[string]any `json:"parameters,omitempty"`
	Data       any            `json:"data,omitempty"`
}

// maxElements bounds what is sent of an input.
const maxElements = 1 << 20

// makeInputs makes a request of the model's metadata: small numbers in every element, of
// the shapes that the options name, or 1 for dimensions that are open.
func (s *suite) makeInputs() error {
	if len(s.model.Inputs) == 0 {
		return fmt.Errorf("its metadata has no inputs")
	}
	for _, in := range s.model.Inputs {
		shape := slices.Clone(in.Shape)
		if given, ok := s.Shapes[in.Name]; ok {
			shape = given
		}
		for i, d := range shape {
			if d < 0 {
				shape[i] = 1
			}
		}
		n := elements(shape)
		if n < 0 || n > maxElements {
			return fmt.Errorf("input %q of shape %v has more than %d elements", in.Name, in.Shape, maxElements)
		}
		data, err := sample(in.Datatype, int(n))
		if err != nil {
			return fmt.Errorf("input %q: %w", in.Name, err)
		}
		s.inputs = append(s.inputs, input{Name: in.Name, Shape: shape, Datatype: in.Datatype, Data: data})
	}
	return nil
}

// sample makes n elements of a type.
func sample(datatype string, n int) (any, error) {
	switch datatype {
	case "BOOL":
		list := make([]bool, n)
		for i := range list {
			list[i] = i%3 == 0
		}
		return list, nil
	case "BYTES":
		return nil, fmt.Errorf("text of type BYTES cannot be made up")
	}
	if sizes[datatype] == 0 || datatype == "FP16" || datatype == "BF16" {
		return nil, fmt.Errorf("the text has no way to write type %q in JSON", datatype)
	}
	list := make([]float64, n)
	for i := range list {
		list[i] = float64(i % 5)
	}
	return list, nil
}

// request is an inference request with the sample inputs.
func (s *suite) request(more map[string]any) map[string]any {
	r := map[string]any{"inputs": slices.Clone(s.inputs)}
	for key, value := range more {
		r[key] = value
	}
	return r
}

// with is the request in which the first input was changed.
func (s *suite) with(change func(t *input)) map[string]any {
	inputs := slices.Clone(s.inputs)
	inputs[0].Shape = slices.Clone(inputs[0].Shape)
	change(&inputs[0])
	return map[string]any{"inputs": inputs}
}

// encode is a JSON value's text.
func encode(value any) []byte {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err) // of values that this package made
	}
	return data
}

// raw are the elements as the binary extension and gRPC have them: little-endian.
func (t input) raw() []byte {
	var b []byte
	if list, ok := t.Data.([]bool); ok {
		for _, v := range list {
			b = append(b, map[bool]byte{true: 1}[v])
		}
		return b
	}
	for i, v := range t.Data.([]float64) {
		switch t.Datatype {
		case "FP32":
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(v)))
		case "FP64":
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		default: // an integer, which sample made from 0 to 4
			word := [8]byte{byte(i % 5)}
			b = append(b, word[:sizes[t.Datatype]]...)
		}
	}
	return b
}
