// Package onnxpb holds ONNX's protobuf messages as Go types. See onnx.proto.
package onnxpb
