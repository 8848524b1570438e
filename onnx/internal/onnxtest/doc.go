// Package onnxtest writes the messages of small models for tests of package onnx and of
// the packages above it.
package onnxtest
