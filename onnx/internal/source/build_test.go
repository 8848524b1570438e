package source_test

import (
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx/internal/onnxtest"
)

var (
	graphWith      = onnxtest.Initialized
	externalTensor = onnxtest.External
	model          = onnxtest.Model
	encode         = onnxtest.Encode
	writeFile      = onnxtest.WriteFile
	writeModel     = onnxtest.WriteModel
	wantError      = onnxtest.WantError
)

var noLimits limit.Limits // the defaults
