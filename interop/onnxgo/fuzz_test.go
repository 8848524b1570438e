package onnxgo_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/interop/onnxgo"
	"github.com/owulveryck/onnx-go"
	"github.com/owulveryck/onnx-go/backend/testbackend"
)

// FuzzRun: whatever onnx-go decodes, the backend runs it or says why not, and
// does not panic. onnx-go itself may.
func FuzzRun(f *testing.F) {
	var files [][]byte
	for _, constructor := range testbackend.GetAllRegisteredTests() {
		if file := constructor().ModelB; len(file) < 400 {
			files = append(files, file)
		}
	}
	slices.SortFunc(files, slices.Compare) // they come from a map
	for _, file := range files {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		backend := &onnxgo.Graph{Options: mixconv.Options{Limits: mixconv.Limits{TensorBytes: 1 << 18, TotalBytes: 1 << 22, Nodes: 200}}}
		model := onnx.NewModel(backend)
		if !decodes(model, file) {
			return
		}
		for i, input := range model.GetInputTensors() {
			if input == nil || input.Size() > 1<<12 || model.SetInput(i, input) != nil {
				return
			}
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if backend.RunContext(ctx) != nil {
			return
		}
		if _, err := model.GetOutputTensors(); err != nil {
			t.Fatal(err)
		}
	})
}

// decodes reports whether onnx-go decodes the file, and does not panic.
func decodes(model *onnx.Model, file []byte) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	return model.UnmarshalBinary(file) == nil
}
