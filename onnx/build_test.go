package onnx_test

import (
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx/internal/onnxtest"
)

var (
	node           = onnxtest.Node
	graph          = onnxtest.Graph
	graphWith      = onnxtest.Initialized
	branch         = onnxtest.Branch
	function       = onnxtest.Function
	externalTensor = onnxtest.External
	model          = onnxtest.Model
	encode         = onnxtest.Encode
	within         = onnxtest.Within
	writeFile      = onnxtest.WriteFile
	writeModel     = onnxtest.WriteModel
	wantError      = onnxtest.WantError
)

var noLimits limit.Limits // the defaults
