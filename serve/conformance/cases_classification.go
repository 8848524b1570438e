package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

const (
	classification = "classification"
	classSection   = "Classification Extension"
)

var classificationCases = []testCase{
	{classification, "an output becomes text of shape [batch, k]", classSection, classification, func(ctx context.Context, s *suite) error {
		o, _, err := s.classified(ctx, 2)
		if err != nil {
			return err
		}
		ok := o.Datatype == "BYTES" && len(o.Shape) > 0 && o.Shape[len(o.Shape)-1] == 2 && elements(o.Shape) == 2
		return equal(o.Name, fmt.Sprint(o.Datatype, o.Shape), ok, "BYTES [1 2]")
	}},
	{classification, "an element is value:index or value:index:label", classSection, classification, func(ctx context.Context, s *suite) error {
		_, list, err := s.classified(ctx, 2)
		if err != nil {
			return err
		}
		for _, c := range list {
			if c.index < 0 {
				return fmt.Errorf("%q, demanded value:index or value:index:label", c.text)
			}
		}
		return nil
	}},
	{classification, "the largest values come, largest first", classSection, classification, func(ctx context.Context, s *suite) error {
		o, list, err := s.classified(ctx, 2)
		if err != nil {
			return err
		}
		r, err := s.infer(ctx, s.request(nil))
		if err != nil {
			return err
		}
		at := slices.IndexFunc(r.Outputs, func(p output) bool { return p.Name == o.Name })
		if at < 0 {
			return fmt.Errorf("no output %q without the parameter", o.Name)
		}
		numbers, err := r.Outputs[at].numbers()
		if err != nil {
			return err
		}
		for i, c := range list {
			sorted := slices.Clone(numbers)
			slices.Sort(sorted)
			if want := sorted[len(sorted)-1-i]; c.index < 0 || c.index >= len(numbers) || numbers[c.index] < want-1e-4*max(want, -want) {
				return fmt.Errorf("%q at place %d, demanded the class of %g", c.text, i, want)
			}
		}
		return nil
	}},
	{classification, "the value is the output's at that index", classSection, classification, func(ctx context.Context, s *suite) error {
		o, list, err := s.classified(ctx, 1)
		if err != nil {
			return err
		}
		r, err := s.infer(ctx, s.request(map[string]any{"outputs": []any{map[string]any{"name": o.Name}}}))
		if err != nil {
			return err
		}
		numbers, err := r.Outputs[0].numbers()
		if err != nil {
			return err
		}
		c := list[0]
		if c.index < 0 || c.index >= len(numbers) {
			return fmt.Errorf("%q of %d classes", c.text, len(numbers))
		}
		return near(o.Name, []float64{numbers[c.index]}, []float64{c.value})
	}},
	{classification, "a batch of two has two rows", classSection, classification, func(ctx context.Context, s *suite) error {
		inputs, err := s.doubled()
		if err != nil {
			return err
		}
		r, err := s.infer(ctx, map[string]any{"inputs": inputs, "outputs": classesOf(s.model.Outputs[0].Name, 2)})
		if err != nil {
			return err
		}
		return equal("shape", r.Outputs[0].Shape, slices.Equal(r.Outputs[0].Shape, []int64{2, 2}), "[2 2]")
	}},
	{classification, "a count that is text is an error", "REST: Inference Error", classification, func(ctx context.Context, s *suite) error {
		return s.refuses(ctx, s.path("/infer"), encode(s.request(map[string]any{"outputs": classesOf(s.model.Outputs[0].Name, "two")})))
	}},
	{classification, "a negative count is an error", "REST: Inference Error", classification, func(ctx context.Context, s *suite) error {
		return s.refuses(ctx, s.path("/infer"), encode(s.request(map[string]any{"outputs": classesOf(s.model.Outputs[0].Name, -1)})))
	}},
}

// class is an element of a classification; an index of -1 means that it is none.
type class struct {
	text  string
	value float64
	index int
}

func classesOf(name string, count any) []any {
	return []any{map[string]any{"name": name, "parameters": map[string]any{"classification": count}}}
}

// classified asks for the classes of the model's first output.
func (s *suite) classified(ctx context.Context, k int) (*output, []class, error) {
	m := s.model.Outputs[0]
	if n := len(m.Shape); n == 0 || m.Shape[n-1] >= 0 && m.Shape[n-1] < int64(k) {
		return nil, nil, &inapplicable{"the first output has fewer classes"}
	}
	r, err := s.infer(ctx, s.request(map[string]any{"outputs": classesOf(m.Name, k)}))
	if err != nil {
		return nil, nil, err
	}
	if len(r.Outputs) != 1 {
		return nil, nil, fmt.Errorf("%d outputs, demanded 1", len(r.Outputs))
	}
	var value any
	if err := json.Unmarshal(r.Outputs[0].Data, &value); err != nil {
		return nil, nil, fmt.Errorf("no data: %w", err)
	}
	var list []class
	for _, text := range texts(nil, value) {
		c := class{text: text, index: -1}
		if parts := strings.SplitN(text, ":", 3); len(parts) >= 2 {
			v, err1 := strconv.ParseFloat(parts[0], 64)
			i, err2 := strconv.Atoi(parts[1])
			if err1 == nil && err2 == nil {
				c.value, c.index = v, i
			}
		}
		list = append(list, c)
	}
	if len(list) != k {
		return nil, nil, fmt.Errorf("%d classes, demanded %d", len(list), k)
	}
	return &r.Outputs[0], list, nil
}

// texts are the strings of nested arrays.
func texts(list []string, value any) []string {
	switch v := value.(type) {
	case []any:
		for _, e := range v {
			list = texts(list, e)
		}
	case string:
		list = append(list, v)
	}
	return list
}
