package onnx_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/internal/onnxtest"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
)

// FuzzExternalData: a tensor's bytes come from a file in the model's folder, whatever its
// location, offset and length say; what lies outside is never read.
func FuzzExternalData(f *testing.F) {
	top := f.TempDir()
	dir := filepath.Join(top, "model")
	inside, outside := make([]byte, 64), bytes.Repeat([]byte{0xee}, 64)
	for i := range inside {
		inside[i] = byte(i)
	}
	for path, data := range map[string][]byte{"model/w.bin": inside, "model/sub/w.bin": inside, "secret.bin": outside} {
		onnxtest.WriteFile(f, filepath.Join(top, filepath.FromSlash(path)), string(data))
	}
	if err := os.Symlink(filepath.Join(top, "secret.bin"), filepath.Join(dir, "link.bin")); err != nil {
		f.Fatal(err)
	}
	for _, location := range []string{"w.bin", "sub/w.bin", "../secret.bin", "link.bin", "sub/../../secret.bin", filepath.Join(top, "secret.bin"), "./w.bin", `..\secret.bin`, "w.bin\x00", "", "sub"} {
		f.Add(location, "0", "8", byte(2))
	}
	f.Add("w.bin", "60", "8", byte(2))
	f.Add("w.bin", "-1", "18446744073709551616", byte(2))
	f.Fuzz(func(t *testing.T, location, offset, length string, floats byte) {
		tp := &onnxpb.TensorProto{Name: new(string), DataType: new(int32), Dims: []int64{int64(floats)}}
		*tp.Name, *tp.DataType = "w", int32(onnxpb.TensorProto_FLOAT)
		tp = externalTensor(tp, "location="+location, "offset="+offset, "length="+length)
		path := filepath.Join(dir, "m.onnx")
		onnxtest.WriteFile(t, path, string(encode(t, model(graphWith(tp)))))
		x, err := firstTensor(path)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than a line: %q", err)
			}
			return
		}
		raw := onnx.NewTensor("w", x).RawData
		if x.DType != tensor.Float32 || len(raw) != 4*int(floats) || !bytes.Contains(inside, raw) {
			t.Errorf("location %q, offset %q, length %q gave % x", location, offset, length, raw)
		}
	})
}

// firstTensor reads a model and its first initializer.
func firstTensor(path string) (*tensor.Tensor, error) {
	m, err := onnx.ReadFile(path, onnxtest.FuzzLimits)
	if err != nil {
		return nil, err
	}
	return m.Tensor(m.Proto.Graph.Initializer[0])
}
