package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"slices"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
)

// A model becomes a session, which says what it takes and gives, and runs.
func Example() {
	session, err := runtime.LoadBytes(digitsModel(false), runtime.Options{Threads: 2})
	if err != nil {
		log.Fatal(err)
	}
	for _, v := range slices.Concat(session.Inputs(), session.Outputs()) {
		fmt.Println(v)
	}
	out, err := session.Run(context.Background(), runtime.Tensors{"input": pictures(1)})
	if err != nil {
		log.Fatal(err)
	}
	logits := tensor.Data[float32](out["logits"])
	fmt.Println("a", slices.Index(logits, slices.Max(logits)))
	// Output:
	// input float32 [batch,3,64,64]
	// logits float32 [batch,10]
	// a 7
}

// The size of an open dimension may be another in every run.
func ExampleSession_Run_batches() {
	session, err := runtime.LoadBytes(digitsModel(false), runtime.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for _, batch := range []int{1, 4} {
		out, err := session.Run(context.Background(), runtime.Tensors{"input": pictures(batch)})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(out["logits"].Shape)
		for logits := range slices.Chunk(tensor.Data[float32](out["logits"]), 10) {
			fmt.Print(" ", slices.Index(logits, slices.Max(logits)))
		}
		fmt.Println()
	}
	// Output:
	// [1,10] 7
	// [4,10] 7 6 3 7
}

// Of several outputs those that are named are computed, and nothing else.
func ExampleSession_Run_outputs() {
	session, err := runtime.LoadBytes(digitsModel(true), runtime.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for _, v := range session.Outputs() {
		fmt.Println(v)
	}
	out, err := session.Run(context.Background(), runtime.Tensors{"input": pictures(2)}, "features_8", "features_16")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(out), out["features_8"].Shape, out["features_16"].Shape)
	// Output:
	// features_4 float32 [batch,8,16,16]
	// features_8 float32 [batch,16,8,8]
	// features_16 float32 [batch,32,4,4]
	// features_32 float32 [batch,48,2,2]
	// 2 [2,16,8,8] [2,32,4,4]
}

// RunInto fills the caller's tensors, again and again, and allocates nothing.
func ExampleSession_RunInto() {
	session, err := runtime.LoadBytes(digitsModel(false), runtime.Options{})
	if err != nil {
		log.Fatal(err)
	}
	in := runtime.Tensors{"input": tensor.New(tensor.Float32, 1, 3, 64, 64)}
	out := runtime.Tensors{"logits": tensor.New(tensor.Float32, 1, 10)}
	picture, logits := tensor.Data[float32](in["input"]), tensor.Data[float32](out["logits"])
	for digit := range slices.Chunk(tensor.Data[float32](pictures(3)), len(picture)) {
		copy(picture, digit)
		if err := session.RunInto(context.Background(), in, out); err != nil {
			log.Fatal(err)
		}
		fmt.Println(slices.Index(logits, slices.Max(logits)))
	}
	// Output:
	// 7
	// 6
	// 3
}

// Weights in files of their own are read from beside the model.
func ExampleLoadFS() {
	session, err := runtime.LoadFS(folder(), "models/small.onnx", runtime.Options{})
	if err != nil {
		log.Fatal(err)
	}
	out, err := session.Run(context.Background(), runtime.Tensors{"x": tensor.Of([]float32{1, 10}, 1, 2)})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out["y"].Shape, out["y"].Data)
	// Output: [1,2] [31 42]
}

// One error lists everything that a model asks for and is not implemented.
func ExampleLoadBytes_unsupported() {
	file := smallModel(nil,
		node("Shrug", "first", "a", "x"),
		node("Relu", "fine", "b", "a"),
		node("Wink", "second", "y", "b"))
	_, err := runtime.LoadBytes(file, runtime.Options{})
	var unsupported *errs.UnsupportedError
	if !errors.As(err, &unsupported) {
		log.Fatal(err)
	}
	for _, u := range unsupported.Items {
		fmt.Printf("node %s: %s of opset %d: %s\n", u.Node, u.Op, u.Version, u.Reason)
	}
	// Output:
	// node first: Shrug of opset 17: the operator is not implemented
	// node second: Wink of opset 17: the operator is not implemented
}

// Metadata has what the file says of itself, all of its metadata_props included.
func ExampleSession_Metadata() {
	session, err := runtime.LoadBytes(digitsModel(false), runtime.Options{})
	if err != nil {
		log.Fatal(err)
	}
	m := session.Metadata()
	fmt.Println(m.Producer, m.Graph, "opset", m.Opsets[""])
	fmt.Println(m.Props["mixconv.trained_params"], "parameters")
	// Output:
	// mixconv mixnet-s opset 17
	// 218186 parameters
}
