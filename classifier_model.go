package mixconv

import (
	"fmt"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
)

// pictureInput is the input of a model that takes pictures.
type pictureInput struct {
	name         string
	batch        int  // tensor.Unknown: any number of pictures
	channelsLast bool // [N,H,W,3] in place of [N,3,H,W]
}

// findPictureInput finds the model's only input and checks that it takes pictures
// of size × size.
func findPictureInput(inputs []runtime.Value, size int) (in pictureInput, err error) {
	if len(inputs) != 1 {
		return in, fmt.Errorf("%d inputs, a classifier has one: the pictures", len(inputs))
	}
	v := inputs[0]
	allowed := "allowed is float32 [N,3,H,W] or [N,H,W,3]"
	if v.DType != tensor.Float32 || len(v.Shape) != 4 {
		return in, fmt.Errorf("input %s, %s", v, allowed)
	}
	height, width := v.Shape[2], v.Shape[3]
	switch {
	case v.Shape[1] == 3:
	case v.Shape[3] == 3:
		in.channelsLast = true
		height, width = v.Shape[1], v.Shape[2]
	default:
		return in, fmt.Errorf("input %s, %s", v, allowed)
	}
	for _, n := range []int{height, width} {
		if n != tensor.Unknown && n != size {
			return in, fmt.Errorf("input %s takes %d × %d pixels, and pictures are prepared for %d × %d", errs.Quote(v.Name), height, width, size, size)
		}
	}
	in.name, in.batch = v.Name, v.Shape[0]
	return in, nil
}

// usualScores is the output that conversion writes.
const usualScores = "logits"

// findScores finds the output that has a number for each class: the one named, the
// model's only one, or the one that is named as usual.
func findScores(outputs []runtime.Value, name string) (runtime.Value, error) {
	var names []string
	for _, v := range outputs {
		names = append(names, errs.Quote(v.Name))
		if v.Name != name && (name != "" || len(outputs) > 1 && v.Name != usualScores) {
			continue
		}
		if v.DType != tensor.Float32 {
			return v, fmt.Errorf("output %s, allowed is float32 [N,classes]", v)
		}
		return v, nil
	}
	if name == "" {
		return runtime.Value{}, fmt.Errorf("which output has the scores? Set ClassifierOptions.Output to one of %s", strings.Join(names, ", "))
	}
	return runtime.Value{}, fmt.Errorf("no output %s, the model has %s", errs.Quote(name), strings.Join(names, ", "))
}

// classesOf is how many numbers a picture has in an output of this shape, 0 if only
// a run tells.
func classesOf(shape tensor.Shape) int {
	if len(shape) < 2 || !shape[1:].Known() {
		return 0
	}
	return shape[1:].Elements()
}

// givesProbabilities reports whether an output is made by a softmax or a sigmoid,
// perhaps behind nodes that only change its shape.
func givesProbabilities(m *Model, output string) bool {
	made := map[string]*onnxpb.NodeProto{}
	for _, n := range m.Proto.GetGraph().GetNode() {
		for _, name := range n.GetOutput() {
			made[name] = n
		}
	}
	for range len(made) {
		n := made[output]
		if n == nil || n.GetDomain() != "" || len(n.GetInput()) == 0 {
			return false
		}
		switch n.GetOpType() {
		case "Softmax", "Sigmoid":
			return true
		case "Identity", "Reshape", "Flatten", "Squeeze":
			output = n.GetInput()[0]
		default:
			return false
		}
	}
	return false
}
