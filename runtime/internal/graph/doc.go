// Package graph is the typed graph between an ONNX file and a plan: operators
// resolved to their versions, functions inlined, MDConv recognised, every
// value with its type. Passes rewrite it; nothing in it is machine-specific.
package graph
