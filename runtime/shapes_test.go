package runtime

import (
	"bytes"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/tensor"
)

// TestShapes plans for shapes that are given.
func TestShapes(t *testing.T) {
	s, err := Load("testdata/cases/negative-dim/input.onnx", Options{})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := s.Dump(&b, "plan", Shapes{"x": {2, 3, 9, 11}}); err != nil || !strings.Contains(b.String(), "[2,4,7,9]") {
		t.Errorf("%v\n%s", err, b.String())
	}
	if list, err := s.Fallbacks(Shapes{"x": {2, 3, 9, 11}}); err != nil || len(list) > 0 {
		t.Errorf("%v, error %v", list, err)
	}
	for want, shapes := range map[string]Shapes{
		"the model takes float32 [?,3,?,?], the shape given is [1,2,9,9]": {"x": {1, 2, 9, 9}},
		"the model has no input y, it has x":                              {"x": {1, 3, 9, 9}, "y": {1}},
		"kernel":                                                          {"x": {1, 3, 2, 2}},
	} {
		if _, err := s.Fallbacks(shapes); err == nil || !strings.Contains(strings.Replace(err.Error(), " (did you mean x?)", "", 1), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if all, guessed := s.Complete(nil, 2, 5); !guessed || !all["x"].Equal(tensor.Shape{2, 3, 5, 5}) {
		t.Errorf("%v, guessed %v", all, guessed)
	}
	given, err := Load("testdata/cases/input-with-default/conv-both.onnx", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if list, err := given.Fallbacks(Shapes{"w": {4, 3, 3, 3}}); err != nil || len(list) != 1 {
		t.Errorf("weights given: %v, error %v", list, err)
	}
	if list, err := given.Fallbacks(); err != nil || len(list) > 0 {
		t.Errorf("none given: %v, error %v", list, err)
	}
}
