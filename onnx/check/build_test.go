package check_test

import (
	"github.com/mixconv/mixconv/onnx/internal/onnxtest"
)

var (
	node             = onnxtest.Node
	named            = onnxtest.Named
	value            = onnxtest.Value
	graph            = onnxtest.Graph
	graphWith        = onnxtest.Initialized
	inner            = onnxtest.Inner
	branch           = onnxtest.Branch
	function         = onnxtest.Function
	identityFunction = onnxtest.Identity
	overloaded       = onnxtest.Overloaded
	overload         = onnxtest.Overload
	opsetID          = onnxtest.OpsetID
	sparseGraph      = onnxtest.Sparse
	externalTensor   = onnxtest.External
	model            = onnxtest.Model
	within           = onnxtest.Within
	wantError        = onnxtest.WantError
)
