package onnx_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/check"
	"github.com/mixconv/mixconv/onnx/dump"
	"github.com/mixconv/mixconv/onnx/internal/onnxtest"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
	"google.golang.org/protobuf/proto"
)

// storedModel has a large initializer between small ones, and some that cannot
// be left in the file.
func storedModel() *onnx.Model {
	large := tensor.New(tensor.Float32, 3, 5000)
	for i := range tensor.Data[float32](large) {
		tensor.Data[float32](large)[i] = float32(i) + 0.5
	}
	typed := &onnxpb.TensorProto{Name: proto.String("typed"), DataType: proto.Int32(1), Dims: []int64{4000}, FloatData: make([]float32, 4000)}
	g := graph("x", "y", node("Add", "x large", "y"))
	g.Initializer = []*onnxpb.TensorProto{
		onnx.NewTensor("small", tensor.Of([]float32{1, 2}, 2)), onnx.NewTensor("large", large),
		onnx.NewTensor("integers", tensor.New(tensor.Int64, 4000)), typed, onnx.NewTensor("last", tensor.Of([]float32{3}, 1)),
	}
	return model(g)
}

func TestOpenFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.onnx")
	data := encode(t, storedModel())
	writeFile(t, path, string(data))
	m, err := onnx.OpenFile(path, limit.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if err := check.Model(m); err != nil {
		t.Error(err)
	}
	for i, tp := range m.Proto.Graph.Initializer {
		if left := m.Stored(tp) != nil; left != (i == 1) {
			t.Errorf("%s is left in the file: %v", tp.GetName(), left)
		}
	}
	whole, err := onnx.ReadFile(path, limit.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for i, tp := range m.Proto.Graph.Initializer {
		got, err := m.Tensor(tp)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := whole.Tensor(whole.Proto.Graph.Initializer[i])
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s differs", tp.GetName())
		}
	}
	tp := m.Proto.Graph.Initializer[1]
	if len(tp.RawData) != 0 {
		t.Error("the large tensor is in memory")
	}
	part := make([]float32, 2)
	if err := m.Stored(tp).Read(part, 7001); err != nil || part[0] != 7001.5 || part[1] != 7002.5 {
		t.Errorf("read %v, error %v", part, err)
	}
	var texts [2]strings.Builder
	dump.Model(&texts[0], m)
	dump.Model(&texts[1], whole)
	if texts[0].String() != texts[1].String() {
		t.Errorf("dump\n%s\nwant\n%s", &texts[0], &texts[1])
	}
	for range 2 { // before and after EmbedData
		if again, err := m.Encode(); err != nil || !bytes.Equal(again, data) {
			t.Errorf("encoded to %d bytes of %d, error %v", len(again), len(data), err)
		}
		if err := m.EmbedData(); err != nil {
			t.Fatal(err)
		}
	}
	if !proto.Equal(m.Proto, whole.Proto) {
		t.Error("EmbedData left something behind")
	}
}

func TestStoredFileChanges(t *testing.T) {
	data := string(encode(t, storedModel()))
	for _, c := range []struct {
		name   string
		change func(path string)
		want   string
	}{
		{"replaced", func(path string) { writeFile(t, path+".new", "x"); os.Rename(path+".new", path) }, ""},
		{"removed", func(path string) { os.Remove(path) }, ""},
		{"cut off", func(path string) { os.Truncate(path, 100) }, "has changed"},
		{"written to", func(path string) { os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour)) }, "has changed"},
	} {
		path := filepath.Join(t.TempDir(), "m.onnx")
		writeFile(t, path, data)
		m, err := onnx.OpenFile(path, limit.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		c.change(path)
		_, err = m.Tensor(m.Proto.Graph.Initializer[1])
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path)) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
		if _, encodeErr := m.Encode(); (encodeErr == nil) != (err == nil) {
			t.Errorf("%s: encoding: %v", c.name, encodeErr)
		}
	}
}

// TestOpenBad: what cannot be opened has the error that ReadFile gives.
func TestOpenBad(t *testing.T) {
	paths, err := filepath.Glob("testdata/bad/*.onnx")
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d files, error %v", len(paths), err)
	}
	for _, path := range append(paths, t.TempDir(), filepath.Join(t.TempDir(), "none")) {
		opened, err := onnx.OpenFile(path, limit.Limits{})
		read, want := onnx.ReadFile(path, limit.Limits{})
		if want == nil && err == nil {
			err, want = check.Model(opened), check.Model(read)
		}
		if (err == nil) != (want == nil) || err != nil && err.Error() != want.Error() {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
	}
}

// FuzzOpen: a model without its elements, and with them again, is the model.
func FuzzOpen(f *testing.F) {
	onnxtest.Seeds(f, "testdata")
	f.Add(encode(f, storedModel()))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := onnx.OpenBytes("fuzz", data, 4, onnxtest.FuzzLimits)
		if err != nil {
			return
		}
		whole, err := onnx.Decode("fuzz", data, onnxtest.FuzzLimits)
		if err != nil {
			t.Fatalf("opened what cannot be read: %v", err)
		}
		if p, err := onnx.Embedded(m); err != nil || !proto.Equal(p, whole.Proto) {
			t.Errorf("opened %v, read %v, error %v", p, whole.Proto, err)
		}
		if got, want := check.Model(m), check.Model(whole); (got == nil) != (want == nil) {
			t.Errorf("check: %v, want %v", got, want)
		}
	})
}
