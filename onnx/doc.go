// Package onnx turns an ONNX file into a model and back. It decodes and encodes, and
// reads tensors wherever their elements are. It knows no operator, does no arithmetic,
// and takes any model that is well-formed: packages check, inline and dump, above it,
// say whether one is valid, replace calls of functions by their bodies, and print one.
//
// Reading goes one way, and no step knows the next one:
//
//	internal/source   opens the file and those beside it
//	internal/cut      leaves large weights in the file
//	internal/wirescan looks at every field before memory is given to it
//	internal/decode   makes a message of the bytes, and sorts the nodes
//	this package      keeps the message with what its weights are read from
//
// Read model.go first, then read.go, which takes these steps, and stored.go about
// weights that are left in the file. tensor.go reads elements through internal/elements,
// and makes a TensorProto of a tensor. encode.go writes, with what files.go takes into
// the model before; weights.go lists constants; attr.go makes and finds attributes.
package onnx
