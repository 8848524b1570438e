package convert

import (
	"errors"

	"github.com/mixconv/mixconv/onnx"
)

// Form is how the mixed depthwise convolutions are written.
type Form string

const (
	Split Form = "split" // Split, one depthwise Conv per kernel size, Concat
	Fused Form = "fused" // one MDConv node, with its function's body in the file
)

// Options says how Lower writes a network. The zero value is valid but for
// MDConv.
type Options struct {
	MDConv    Form
	ImageSize int  // height and width of the input; 0: both dynamic
	Batch     int  // 0: dynamic
	Opset     int  // 13 to 28; 0: 17
	KeepBN    bool // keep batch norms as nodes instead of folding them
	Metadata  map[string]string
}

// Lower turns a network and its weights into an ONNX model.
func Lower(n Network, w Weights, o Options) (*onnx.Model, error) {
	return nil, errors.New("convert: Lower is being written")
}
