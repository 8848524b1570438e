package onnx_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/filetype"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/check"
	"github.com/mixconv/mixconv/onnx/dump"
	"github.com/mixconv/mixconv/onnx/internal/message"
	"github.com/mixconv/mixconv/onnx/internal/onnxtest"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
	"google.golang.org/protobuf/proto"
)

// Whatever decodes survives encoding. What does not is a FormatError with an
// offset, as the scan finds everything that protobuf would complain about, or one that
// says what the file is instead.
func FuzzDecode(f *testing.F) {
	onnxtest.Seeds(f, "testdata")
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := onnx.Decode("fuzz", data, onnxtest.FuzzLimits)
		if err != nil {
			var format *errs.FormatError
			if !errors.As(err, &format) {
				t.Fatalf("%T: %v", err, err)
			}
			other := filetype.OfBytes(data).Kind
			named := format.Offset == -1 && other != filetype.Unknown && other != filetype.ONNX
			if !named && (format.Offset < 0 || format.Offset > int64(len(data))) {
				t.Fatalf("error without an offset in the file: %v", err)
			}
			return
		}
		checked := check.Model(m)
		encoded := encode(t, m)
		again, err := onnx.Decode("again", encoded, onnxtest.FuzzLimits)
		if err != nil {
			t.Fatalf("what was encoded does not decode: %v", err)
		}
		if !proto.Equal(m.Proto, again.Proto) {
			t.Fatal("the model differs after encoding and decoding")
		}
		if !bytes.Equal(encoded, encode(t, again)) {
			t.Fatal("encoding depends on more than the model")
		}
		if (checked == nil) != (check.Model(again) == nil) {
			t.Fatalf("checked before: %v, after encoding: %v", checked, check.Model(again))
		}
		if err := dump.Model(io.Discard, m); err != nil {
			t.Fatal(err)
		}
		if checked == nil {
			readTensors(t, m)
		}
	})
}

// readTensors reads m's tensors: what the check accepts has the right amount
// of data, so that only values and external files can be wrong.
func readTensors(t *testing.T, m *onnx.Model) {
	_ = message.EachTensor(m.Proto, func(tp *onnxpb.TensorProto) error {
		x, err := m.Tensor(tp)
		if err != nil {
			return nil
		}
		again, err := m.Tensor(onnx.NewTensor(tp.GetName(), x))
		if err != nil || again.DType != x.DType || !again.Shape.Equal(x.Shape) {
			t.Fatalf("tensor %s %s becomes %v, error %v", x.DType, x.Shape, again, err)
		}
		return nil
	})
}

// A tensor of its own is refused or has a shape.
func FuzzDecodeTensor(f *testing.F) {
	for _, t := range []*tensor.Tensor{tensor.Of([]float32{1, 2}, 2), tensor.Of([]string{"a"}), tensor.New(tensor.Int4, 3)} {
		data, err := proto.Marshal(onnx.NewTensor("t", t))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := onnx.DecodeTensor("t.pb", data, onnxtest.FuzzLimits)
		if err == nil && got.Elements() < 0 {
			t.Errorf("shape %v", got.Shape)
		}
	})
}
