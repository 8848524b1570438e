// Package diff compares two files: the structure of two ONNX models, the weights of any
// two files that have some, and what two models compute of the same input.
package diff
