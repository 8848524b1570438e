package message_test

import (
	"github.com/mixconv/mixconv/onnx/internal/onnxtest"
)

var (
	node     = onnxtest.Node
	graph    = onnxtest.Graph
	inner    = onnxtest.Inner
	branch   = onnxtest.Branch
	function = onnxtest.Function
	model    = onnxtest.Model
)
