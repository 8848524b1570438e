package inline_test

import (
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx/internal/onnxtest"
)

var (
	node             = onnxtest.Node
	named            = onnxtest.Named
	graph            = onnxtest.Graph
	inner            = onnxtest.Inner
	branch           = onnxtest.Branch
	function         = onnxtest.Function
	identityFunction = onnxtest.Identity
	overloaded       = onnxtest.Overloaded
	overload         = onnxtest.Overload
	opsetID          = onnxtest.OpsetID
	model            = onnxtest.Model
	laughs           = onnxtest.Laughs
	encode           = onnxtest.Encode
	within           = onnxtest.Within
	dumped           = onnxtest.Dump
	wantError        = onnxtest.WantError
)

var noLimits limit.Limits // the defaults
