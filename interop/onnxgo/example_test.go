package onnxgo_test

import (
	"fmt"
	"log"
	"testing"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/internal/testenv"
	"github.com/mixconv/mixconv/interop/onnxgo"
	"github.com/owulveryck/onnx-go"
	"gorgonia.org/tensor"
)

// mixnet is an ONNX file.
func mixnet() []byte {
	n, err := convert.Named("mixnet_s")
	if err != nil {
		log.Fatal(err)
	}
	m, err := convert.RandomModel(n, 1, convert.Options{ImageSize: 224})
	if err != nil {
		log.Fatal(err)
	}
	file, err := m.Encode()
	if err != nil {
		log.Fatal(err)
	}
	return file
}

// A program written against onnx-go: one line of it is ours.
func Example() {
	file := mixnet()
	input := tensor.New(tensor.WithShape(1, 3, 224, 224), tensor.Of(tensor.Float32))

	backend := onnxgo.NewGraph() // was gorgonnx.NewGraph()
	model := onnx.NewModel(backend)
	if err := model.UnmarshalBinary(file); err != nil {
		log.Fatal(err)
	}
	if err := model.SetInput(0, input); err != nil {
		log.Fatal(err)
	}
	if err := backend.Run(); err != nil {
		log.Fatal(err)
	}
	outputs, err := model.GetOutputTensors()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(outputs[0].Shape())
	// Output: (1, 1000)
}

// A backend with the file's opset and two threads.
func ExampleGraph() {
	backend := &onnxgo.Graph{Opset: 17, Options: mixconv.Options{Threads: 2}}
	model := onnx.NewModel(backend)
	if err := model.UnmarshalBinary(mixnet()); err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(model.Input), len(model.Output))
	// Output: 1 1
}

// TestREADME: the Go in the README is that of example_test.go.
func TestREADME(t *testing.T) { testenv.README(t) }
