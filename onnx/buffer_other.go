//go:build !linux

package onnx

// buffer returns n bytes that are only needed for a while.
func buffer(n int) (data []byte, release func()) { return make([]byte, n), func() {} }
