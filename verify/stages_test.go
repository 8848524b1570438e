package verify_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/preprocess"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
	"github.com/mixconv/mixconv/verify"
)

// madeUp are two pictures, prepared for model's input but for its crop.
func madeUp() []verify.Picture {
	var list []verify.Picture
	for i, path := range []string{"first.png", "second.png"} {
		bytes := tensor.New(tensor.Uint8, 1, 4, 5, 3)
		input := tensor.New(tensor.Float32, 1, 3, 4, 5)
		for j := range tensor.Data[uint8](bytes) {
			tensor.Data[uint8](bytes)[j] = uint8(7*j + i)
			tensor.Data[float32](input)[j] = float32(j+i) / 60
		}
		list = append(list, verify.Picture{Path: path, Stages: preprocess.Stages{
			{Name: preprocess.StageDecode, Value: bytes}, {Name: preprocess.StageNormalize, Value: input},
		}})
	}
	return list
}

// TestStages records a run on pictures and finds what is changed in it.
func TestStages(t *testing.T) {
	pictures := madeUp()
	input := runtime.Tensors{}
	joined := tensor.New(tensor.Float32, 2, 3, 4, 5)
	for i, p := range pictures {
		copy(tensor.Data[float32](joined)[60*i:], tensor.Data[float32](p.Stages.Input()))
	}
	input["input"] = joined
	other, err := verify.Model("other", model(0, "Relu"), verify.Options{})
	if err != nil {
		t.Fatal(err)
	}
	record := run(t, model(0, "Relu"), verify.Options{Input: input, Record: true}, other).References[0].Record()
	for i, p := range pictures {
		prefix := []string{"picture/0/", "picture/1/"}[i]
		record[prefix+"decode"], record[prefix+"normalize"] = p.Stages[0].Value, p.Stages[1].Value
	}
	for _, test := range []struct {
		plant func(runtime.Tensors)
		first string
		note  string
	}{
		{func(runtime.Tensors) {}, "", ""},
		{func(a runtime.Tensors) { a["picture/1/decode"] = a["picture/0/decode"] }, "decode", "second.png"},
		{func(a runtime.Tensors) { delete(a, "picture/0/decode") }, "decode", "first.png: not done in the reference"},
		{func(a runtime.Tensors) { a["picture/0/normalize"] = tensor.New(tensor.Float32, 1, 3, 5, 5) }, "normalize", "first.png: shape"},
		{func(a runtime.Tensors) { a["logits"] = tensor.New(tensor.Float32, 2, 3) }, "logits", ""},
	} {
		arrays := maps.Clone(record)
		test.plant(arrays)
		r := run(t, model(0, "Relu"), verify.Options{Pictures: pictures}, verify.Recorded("run", arrays))
		c := r.References[0]
		first, note := "", ""
		if c.FirstDifferent != nil {
			first = *c.FirstDifferent
			requireReports(t, r)
		}
		for _, v := range c.Stages {
			if !v.Pass && note == "" {
				note = v.Note
			}
		}
		if first != test.first || r.Pass != (test.first == "") || !strings.HasPrefix(note, test.note) || len(c.Rankings) != 2 {
			t.Errorf("first different %q (%q), want %q (%q); pass %v, %d rankings", first, note, test.first, test.note, r.Pass, len(c.Rankings))
		}
	}
	record = recorded()
	if _, err := verify.Run(t.Context(), model(0, "Relu"), []verify.Reference{verify.Recorded("io", record)}, verify.Options{Pictures: pictures}); err == nil {
		t.Error("a run of no pictures serves as a reference for pictures")
	}
}

func TestHistogram(t *testing.T) {
	ref := tensor.Of([]float32{100, 50, 0, 0, 0, 0}, 1, 6)
	got := tensor.Of([]float32{100, 50.5, 1e-5, 0, 100, 1000}, 1, 6)
	v := verify.Compare("x", got, ref, verify.DefaultTolerance)
	if want := (verify.Histogram{0: 2, 3: 1, 8: 1, 10: 1, 11: 1}); v.Histogram != want {
		t.Errorf("%v, want %v", v.Histogram, want)
	}
	if s := (verify.Histogram{0: 1, 3: 2, 11: 1}).String(); s != "equal 25 %, ≤ 1e-7 50 %, > 1 25 %" {
		t.Error(s)
	}
}
