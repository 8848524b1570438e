package dump_test

import (
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx/internal/onnxtest"
)

var (
	node           = onnxtest.Node
	named          = onnxtest.Named
	value          = onnxtest.Value
	graph          = onnxtest.Graph
	inner          = onnxtest.Inner
	function       = onnxtest.Function
	externalTensor = onnxtest.External
	model          = onnxtest.Model
	dumped         = onnxtest.Dump
)

var noLimits limit.Limits // the defaults
