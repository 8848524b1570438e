package elements_test

import (
	"github.com/mixconv/mixconv/onnx/internal/onnxtest"
)

var (
	graph     = onnxtest.Graph
	model     = onnxtest.Model
	within    = onnxtest.Within
	wantError = onnxtest.WantError
)
