package convert

import (
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
)

// Padding says how a network pads the input of its convolutions.
type Padding string

// The ways of padding.
const (
	Same      Padding = ""          // as TensorFlow: so that stride s divides the size by s, rounded up
	Symmetric Padding = "symmetric" // as PyTorch: alike on both sides, whatever the size
)

// padding is how one convolution pads height and width alike.
type padding struct {
	pads    [4]int // top, left, bottom, right
	dynamic bool   // as SAME_UPPER says at run time; pads are not known
	out     int    // size that comes out, 0 if not known
}

// pad returns the padding of a window over an input of that size, which is 0
// if it is not known.
func (p Padding) pad(size, kernel, stride, dilation int) padding {
	if p == Symmetric {
		return padSymmetric(size, kernel, stride, dilation)
	}
	return padSame(size, kernel, stride, dilation)
}

// padSame pads as TensorFlow's SAME does. With stride 1 the pads are the same
// for every size, so only a stride leaves them open.
func padSame(size, kernel, stride, dilation int) padding {
	if size == 0 && stride != 1 {
		return padding{dynamic: true}
	}
	if size == 0 {
		begin, end, _ := same(maxImage, kernel, 1, dilation)
		return padding{pads: [4]int{begin, begin, end, end}}
	}
	begin, end, out := same(size, kernel, stride, dilation)
	return padding{pads: [4]int{begin, begin, end, end}, out: out}
}

// same returns the padding before and after one axis of length in, and the
// length that comes out, as TensorFlow's SAME does: the output is
// ⌈in/stride⌉ long, and an odd padding puts its extra zero at the end.
func same(in, kernel, stride, dilation int) (begin, end, out int) {
	out = (in + stride - 1) / stride
	total := max(0, (out-1)*stride+(kernel-1)*dilation+1-in)
	return total / 2, total - total/2, out
}

// padSymmetric pads as timm does where nothing else is said
// (timm/layers/padding.py). An output size below 1 counts as not known: the
// model then fails where it is run.
func padSymmetric(size, kernel, stride, dilation int) padding {
	span := dilation * (kernel - 1)
	p := (stride - 1 + span) / 2
	out := 0
	if size > 0 {
		out = max(0, (size+2*p-span-1)/stride+1)
	}
	return padding{pads: [4]int{p, p, p, p}, out: out}
}

func (p padding) attr() *onnxpb.AttributeProto {
	if p.dynamic {
		return onnx.StringAttr("auto_pad", "SAME_UPPER")
	}
	return onnx.IntsAttr("pads", int64s(p.pads[:]))
}
