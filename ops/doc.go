// Package ops knows every operator once: the opset versions it changed in,
// its attributes, inputs, outputs and element types, how its output types
// follow from its input types, and the geometry that an implementation needs.
// It computes no tensor data; package eval does.
//
// An operator is its lines in schemas.txt, which come from ONNX's operator
// schemas (ai.onnx, opsets MinOpset to MaxOpset) and give it a name in package op,
// and a row in table.go: how output types are inferred, and its traits. Package eval
// adds a kernel.
// Errors say what was found and what is allowed, not where: the
// caller knows the node.
package ops
