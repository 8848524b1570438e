package source_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
)

// weight is a float32 [4] whose bytes are weightBytes.
const weightBytes = "\x00\x00\x80\x3f\x00\x00\x00\x40\x00\x00\x40\x40\x00\x00\x80\x40"

func weightAt(entries ...string) *onnxpb.TensorProto {
	return externalTensor(onnx.NewTensor("w", tensor.New(tensor.Float32, 4)), entries...)
}

// wantWeight reads m's only initializer.
func wantWeight(t *testing.T, m *onnx.Model) {
	t.Helper()
	got, err := m.Tensor(m.Proto.Graph.Initializer[0])
	if err != nil {
		t.Error(err)
		return
	}
	if d := tensor.Data[float32](got); d[0] != 1 || d[3] != 4 {
		t.Errorf("elements %v, want 1 2 3 4", d)
	}
}

func TestExternalEntries(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "w.bin"), weightBytes)
	writeFile(t, filepath.Join(dir, "sub", "w.bin"), "1234"+weightBytes)
	for _, c := range []struct{ entries, want string }{
		{"location=w.bin", ""},
		{"location=./w.bin offset=0 length=16", ""},
		{"location=w.bin offset=00 vendor=x", ""},
		{"location=sub/w.bin offset=4", ""},
		{"offset=0", "no location"},
		{"location=", `"location": empty`},
		{"location=/etc/passwd", "is absolute"},
		{`location=C:\w.bin`, "contains a backslash"},
		{"location=C:w.bin", "is absolute"},
		{`location=\\srv\share\w.bin`, "contains a backslash"},
		{`location=..\w.bin`, "contains a backslash"},
		{"location=file://w.bin", "is absolute"},
		{"location=../w.bin", "contains .."},
		{"location=sub/../../w.bin", "contains .."},
		{"location=sub/../w.bin", "contains .."},
		{"location=w.bin\x00/../x", "contains a NUL byte"},
		{"location=sub", "not a regular file"},
		{"location=nope.bin", filepath.Join(dir, "nope.bin") + ": no such file"},
		{"location=m.onnx", "this is the model itself"},
		{"location=w.bin location=w.bin", `external_data[1] "location": given twice`},
		{"location=w.bin vendor=1 vendor=2", `"vendor": given twice`},
		{"location=w.bin offset=-1", "-1, allowed is a decimal number"},
		{"location=w.bin offset=0x0", "0x0, allowed is a decimal number"},
		{"location=w.bin offset=+1", "+1, allowed is a decimal number"},
		{"location=w.bin offset=1e3", "1e3, allowed is a decimal number"},
		{"location=w.bin offset=", `"", allowed is a decimal number`},
		{"location=w.bin offset=9223372036854775808", "below 2^63"},
		{"location=w.bin offset=9223372036854775807", "overflow"},
		{"location=w.bin offset=1000000", "offset 1000000 and length 16, but w.bin has 16 bytes"},
		{"location=w.bin offset=1", "offset 1 and length 16, but w.bin has 16 bytes"},
		{"location=w.bin length=-1", "-1, allowed is a decimal number"},
		{"location=w.bin length=12", "length 12, allowed 16 for float32 [4]"},
		{"location=w.bin length=1125899906842624", "length 1125899906842624, allowed 16"},
	} {
		m := writeModel(t, filepath.Join(dir, "m.onnx"), weightAt(strings.Fields(c.entries)...))
		if c.want == "" {
			wantWeight(t, m)
			continue
		}
		_, err := m.Tensor(m.Proto.Graph.Initializer[0])
		wantError(t, err, filepath.Join(dir, "m.onnx")+`: tensor "w" external_data`)
		wantError(t, err, c.want)
	}
}

func TestExternalPlacesExclude(t *testing.T) {
	both := weightAt("location=w.bin")
	both.RawData = []byte(weightBytes)
	_, err := onnx.New(nil).Tensor(both)
	wantError(t, err, "raw_data: filled although data_location is EXTERNAL")
	strs := weightAt("location=w.bin")
	strs.DataType = new(int32(tensor.String))
	_, err = onnx.New(nil).Tensor(strs)
	wantError(t, err, "string elements cannot be external")
	_, err = onnx.New(nil).Tensor(weightAt("location=w.bin"))
	wantError(t, err, "not read from a folder")
}

func TestExternalLinks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("symbolic links need a privilege on Windows")
	}
	dir := t.TempDir()
	home := filepath.Join(dir, "home")
	writeFile(t, filepath.Join(home, "in", "w.bin"), weightBytes)
	writeFile(t, filepath.Join(dir, "secret.bin"), weightBytes)
	link := func(target, name string) {
		t.Helper()
		if err := os.Symlink(target, filepath.Join(home, name)); err != nil {
			t.Fatal(err)
		}
	}
	link("in/w.bin", "inside.bin")
	link("in", "folder")
	link("../secret.bin", "outside.bin")
	link(filepath.Join(dir, "secret.bin"), "absolute.bin")
	link("..", "up")
	link("/dev/zero", "zero.bin")
	link("loop.bin", "loop.bin")
	if err := os.Link(filepath.Join(dir, "secret.bin"), filepath.Join(home, "hard.bin")); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"inside.bin":    "",
		"folder/w.bin":  "",
		"outside.bin":   "escapes",
		"absolute.bin":  "escapes",
		"up/secret.bin": "escapes",
		"zero.bin":      "escapes",
		"loop.bin":      "too many levels",
		"hard.bin":      "2 hard links, allowed 1",
	} {
		m := writeModel(t, filepath.Join(home, "m.onnx"), weightAt("location="+name))
		if want == "" {
			wantWeight(t, m)
			continue
		}
		_, err := m.Tensor(m.Proto.Graph.Initializer[0])
		wantError(t, err, want)
	}
}

// In the Hugging Face cache, the model and its data are links to files in
// another folder, whose names are hashes.
func TestHuggingFaceCache(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("symbolic links need a privilege on Windows")
	}
	cache := t.TempDir()
	snapshot := filepath.Join(cache, "snapshots", "abc", "onnx")
	writeFile(t, filepath.Join(cache, "blobs", "2222"), weightBytes)
	writeFile(t, filepath.Join(cache, "secret"), weightBytes)
	writeFile(t, filepath.Join(snapshot, "README.md"), "")
	for name, target := range map[string]string{
		"model.onnx": "blobs/1111", "model.onnx_data": "blobs/2222", "model.secret": "secret",
	} {
		if err := os.Symlink("../../../"+target, filepath.Join(snapshot, name)); err != nil {
			t.Fatal(err)
		}
	}
	read := func(location string) *onnx.Model {
		t.Helper()
		writeModel(t, filepath.Join(cache, "blobs", "1111"), weightAt("location="+location))
		m, err := onnx.ReadFile(filepath.Join(snapshot, "model.onnx"), noLimits)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	wantWeight(t, read("model.onnx_data"))
	wantWeight(t, read("2222")) // beside the real file
	for location, want := range map[string]string{"model.secret": "escapes", "model.onnx": "the model itself", "1111": "the model itself"} {
		m := read(location)
		_, err := m.Tensor(m.Proto.Graph.Initializer[0])
		wantError(t, err, want)
	}
}

// The data is found even if the working directory has changed since.
func TestExternalAfterChdir(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	writeFile(t, "w.bin", weightBytes)
	m := writeModel(t, "m.onnx", weightAt("location=w.bin"))
	t.Chdir(t.TempDir())
	wantWeight(t, m)
}

func TestReadFS(t *testing.T) {
	data := encode(t, model(graphWith(weightAt("location=data/w.bin", "offset=2"))))
	fsys := fstest.MapFS{
		"models/m.onnx":     {Data: data},
		"models/data/w.bin": {Data: []byte("xx" + weightBytes)},
		"w.bin":             {Data: []byte(weightBytes)},
	}
	m, err := onnx.ReadFS(fsys, "models/m.onnx", noLimits)
	if err != nil {
		t.Fatal(err)
	}
	wantWeight(t, m)
	for location, want := range map[string]string{
		"../w.bin": "contains ..",
		"m.onnx":   "the model itself",
		"data":     "not a regular file",
		"nope":     "models/nope: file does not exist",
	} {
		_, err := m.Tensor(weightAt("location=" + location))
		wantError(t, err, want)
	}
	if _, err := onnx.ReadFS(fsys, "../m.onnx", noLimits); err == nil {
		t.Error("a path outside of the file system opens")
	}
	_, err = onnx.ReadFS(fsys, "models", noLimits)
	wantError(t, err, "models: a folder, not an ONNX model")
}

func TestReadFileRefuses(t *testing.T) {
	dir := t.TempDir()
	_, err := onnx.ReadFile(dir, noLimits)
	wantError(t, err, "a folder, not an ONNX model")
	_, err = onnx.ReadFile(filepath.Join(dir, "nope.onnx"), noLimits)
	wantError(t, err, "nope.onnx")
	if runtime.GOOS == "linux" {
		_, err = onnx.ReadFile("/dev/zero", noLimits)
		wantError(t, err, "not a regular file")
	}
	big := filepath.Join(dir, "big.onnx")
	writeFile(t, big, "\x08\x08")
	if err := os.Truncate(big, 3<<30); err != nil {
		t.Skip(err)
	}
	start := time.Now()
	_, err = onnx.ReadFile(big, noLimits)
	wantError(t, err, "3221225472 bytes, allowed 2147483647")
	if d := time.Since(start); d > time.Second {
		t.Errorf("a file that is too large takes %v to refuse", d)
	}
}
