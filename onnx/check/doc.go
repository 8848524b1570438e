// Package check says whether a model is what the ONNX format allows. It knows no
// operator: what a Conv may have as attributes is package ops's matter. It changes
// nothing and opens no file.
//
// check.go begins and goes over the model, function.go over its functions and their
// calls, graph.go over graphs and nodes, attribute.go over what nodes hold, tensor.go
// over tensors and types. scope.go has the names that are visible, and undefined.go
// finds out why one is not.
package check
