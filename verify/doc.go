// Package verify compares what a model computes with what something else
// computed: the trainer's recorded values, another ONNX file, the other form of
// the same model, or a library that another program runs (timm, torchvision,
// ONNX Runtime, onnx-go).
//
// A value passes if for every picture (every index of its first dimension)
//
//	max|a−b| ≤ atol + rtol · max|ref|
//
// A NaN or an infinity on either side never passes, and neither does a
// reference of which nothing could be compared.
package verify
