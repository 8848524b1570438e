// Package onnxgo is a backend for github.com/owulveryck/onnx-go that computes
// with mixconv's engine. An app written against onnx-go exchanges one line:
//
//	backend := gorgonnx.NewGraph()   // before
//	backend := onnxgo.NewGraph()     // after
//	model := onnx.NewModel(backend)
//	err := model.UnmarshalBinary(file)
//	err = model.SetInput(0, input)
//	err = backend.Run()
//	outputs, err := model.GetOutputTensors()
//
// # What onnx-go hands over
//
// onnx-go decodes the file and gives its backend values, weights and operations.
// A Graph makes an ONNX model of these again when it first runs, and a session of
// that. What the decoder leaves out cannot come back:
//
//   - The opset. It is found out: the newest that all operations fit.
//     Where the result would depend on it (Softmax before and since 13 of anything
//     but the last axis, RoiAlign before and since 16) Run returns an error, and
//     Graph.Opset is to say it.
//   - Domains. An operator is taken for ONNX's own of that name.
//   - Model-local functions, and with them MDConv in fused form: the error names
//     the operator, and `mixconv rewrite --mdconv split` makes a file that runs.
//   - Names of nodes. In errors a node has the name of its first output.
//   - The dimensions that a file leaves open, and which values are inputs. Those
//     are that were set after decoding; a run may choose any shape.
//
// And some files onnx-go refuses itself: graphs in attributes (If, Loop),
// float16, bfloat16, external data, empty tensors, weights of 8 and 16 bits and of
// booleans.
//
// # Values
//
// After Run every node of the graph has its value: the outputs at once, any other
// when GetTensor first asks for it. A Graph is for one goroutine at a time.
package onnxgo
