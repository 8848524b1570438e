package filetype_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/internal/filetype"
)

// archive is a zip archive of empty members.
func archive(t testing.TB, names ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range names {
		if _, err := w.CreateHeader(&zip.FileHeader{Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// message is protobuf: fields of the given tags, each with its content.
func message(fields ...string) string {
	var b []byte
	for _, f := range fields {
		b = append(b, f[0])
		b = binary.AppendUvarint(b, uint64(len(f)-1))
		b = append(b, f[1:]...)
	}
	return string(b)
}

// examples are files as they begin, and as some end.
func examples(t testing.TB) []example {
	safetensors := "\x02\x00\x00\x00\x00\x00\x00\x00{}"
	node := message("\x0a" + message("\x0ainput", "\x12Placeholder"))
	sstable := strings.Repeat("\x00\x00\x05\x08\x01", 30) + "\x57\xfb\x80\x8b\x24\x75\x47\xdb"
	return []example{
		{"", filetype.Empty, "an empty file"},
		{"\xff\xd8\xff\xe0\x00\x10JFIF", filetype.JPEG, "a JPEG picture"},
		{"\x89PNG\r\n\x1a\n", filetype.PNG, "a PNG picture"},
		{"\x89PNG\n\x1a\n", filetype.Foreign, "damaged"},
		{"RIFF\x00\x00\x00\x00WEBPVP8L", filetype.Foreign, "a WebP picture"},
		{"BM\x36\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00\x01", filetype.Foreign, "a BMP picture"},
		{"BMW is a make of cars\n", filetype.Text, "text"},
		{"\x93NUMPY\x01\x00", filetype.Npy, "a NumPy array"},
		{archive(t, "a.npy", "b.npy"), filetype.Npz, "NumPy arrays (.npz)"},
		{archive(t, "archive/data.pkl", "archive/version"), filetype.TorchZip, "PyTorch weights"},
		{archive(t, "m/data.pkl", "m/code/__torch__/m.py", "m/constants.pkl"), filetype.TorchScript, "a TorchScript program"},
		{archive(t, "metadata.json", "config.json", "model.weights.h5"), filetype.Keras, "a Keras model"},
		{archive(t, "archive_format", "models/model.json"), filetype.Foreign, "torch.export"},
		{archive(t, "m.py", "MAR-INF/MANIFEST.json"), filetype.Packed, "TorchServe"},
		{archive(t, "a.npy", "readme.txt"), filetype.Zip, "a zip archive"},
		{archive(t, "a.npy", "b.npy")[:60], filetype.Npz, "NumPy arrays (.npz)"},
		{archive(t, "a.txt", "b.txt")[:60], filetype.Zip, "cut off"},
		{archive(t), filetype.Zip, "an empty zip archive"},
		{"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", filetype.Pickle, "PyTorch weights"},
		{"\x80\x04\x95", filetype.Pickle, "a Python pickle"},
		{safetensors, filetype.Safetensors, "a safetensors file"},
		{"{\"metadata\": {}, \"weight_map\": {}}", filetype.SafetensorIndex, "sharded"},
		{"\x89HDF\r\n\x1a\n", filetype.Keras, "HDF5"},
		{"\x1c\x00\x00\x00TFL3", filetype.Foreign, "TensorFlow Lite"},
		{"\x1c\x00\x00\x00ORTM", filetype.Foreign, ".ort model"},
		{"GGUF\x03\x00\x00\x00", filetype.Foreign, "GGUF"},
		{"7767517\n", filetype.Foreign, "ncnn"},
		{message("\x0a"+message("\x0ax", "\x12Const")) + "tail", filetype.GraphDef, "a TensorFlow graph"},
		{"\x08\x01" + message("\x12"+message("\x0a"+message("\x12\x0a\x00"), "\x12"+node)), filetype.SavedModel, "SavedModel"},
		{"\x08\x05" + message("\x12"+message("\x0a"+message("\x0aimage", "\x1a\x22\x00"))), filetype.Foreign, "Core ML"},
		{"\x08\x08" + message("\x12pytorch", "\x1a2.4", ":graph"), filetype.ONNX, "an ONNX model"},
		{"\x08\x01" + message("\x12x", ":"), filetype.ONNX, "an ONNX model"},
		{sstable, filetype.CheckpointIndex, "TensorFlow checkpoint"},
		{"model_checkpoint_path: \"model.ckpt\"\n", filetype.CheckpointState, "list of checkpoints"},
		{"saved_model_schema_version: 1\n", filetype.Foreign, "SavedModel as text"},
		{"node {\n  name: \"x\"\n  op: \"Const\"\n}", filetype.Foreign, "graph as text"},
		{"ir_version: 8\n", filetype.Foreign, "ONNX as text"},
		{"<?xml version=\"1.0\"?>\n<net name=\"m\" version=\"11\">\n<layers>", filetype.Foreign, "OpenVINO"},
		{"<?xml version='1.0'?><svg xmlns='x'>", filetype.Foreign, "SVG"},
		{"<?xml version='1.0'?><a/>", filetype.Foreign, "XML"},
		{"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", filetype.NotFetched, "git-lfs"},
		{"\n<!DOCTYPE HTML><title>404", filetype.NotFetched, "an HTML page"},
		{"{\"format\": \"graph-model\"}", filetype.Foreign, "TensorFlow.js"},
		{"[1, 2]", filetype.JSON, "JSON"},
		{"\xef\xbb\xbfzero\r\none\r\n", filetype.Text, "text"},
		{strings.Repeat("é", 300), filetype.Text, "text"},
		{"\x1f\x8b\x08", filetype.Packed, "gzip"},
		{strings.Repeat("\x00", 257) + "ustar", filetype.Packed, "a tar archive"},
		{strings.Repeat("\x00", 900), filetype.NotFetched, "zero bytes"},
		{"\x7fELF", filetype.Foreign, "a program"},
		{"\x01\x02\x03", filetype.Unknown, ""},
		{"caf\xe9\x01", filetype.Unknown, ""},
	}
}

type example struct {
	data string
	kind filetype.Kind
	name string
}

func TestOf(t *testing.T) {
	for _, e := range examples(t) {
		got := filetype.OfBytes([]byte(e.data))
		if got.Kind != e.kind || !strings.Contains(got.Name, e.name) || (got.Name == "") != (e.name == "") {
			t.Errorf("%.40q: %v %q, want %v %q", e.data, got.Kind, got.Name, e.kind, e.name)
		}
		// Where it comes from changes nothing, and neither does its name.
		path := filepath.Join(t.TempDir(), "x.onnx")
		if err := os.WriteFile(path, []byte(e.data), 0o600); err != nil {
			t.Fatal(err)
		}
		if file := filetype.OfFile(path); file != got {
			t.Errorf("%.40q: in a file %v", e.data, file)
		}
	}
}

func TestMistaken(t *testing.T) {
	err := filetype.OfBytes([]byte("GIF89a")).Mistaken("an ONNX model")
	var cause *filetype.Error
	if !errors.As(err, &cause) || cause.Type.Kind != filetype.Foreign || err.Error() != "not an ONNX model: this is a GIF picture" {
		t.Errorf("%v", err)
	}
	if err := filetype.OfBytes([]byte{1}).Mistaken("an ONNX model"); err != nil {
		t.Error(err)
	}
	if err := filetype.OfBytes(nil).Mistaken("an ONNX model"); err == nil || !strings.Contains(err.Error(), "the file is empty") {
		t.Error(err)
	}
}

// TestFolders has what folders hold, and what is no file at all.
func TestFolders(t *testing.T) {
	for member, want := range map[string]string{
		"saved_model.pb": "a SavedModel", "m.index": "a TensorFlow checkpoint", "x.npy": "weights", "m.onnx": "an ONNX model", "x": "a folder",
	} {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, member), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := filetype.OfFile(folder); got.Kind != filetype.Folder || !strings.HasSuffix(got.Name, want) {
			t.Errorf("%s: %v", member, got)
		}
	}
	if got := filetype.OfFile(filepath.Join(t.TempDir(), "nothing")); got != (filetype.Type{}) {
		t.Errorf("what is not there: %v", got)
	}
}

// TestArchivesOfMany: an archive of many members is told by the first ones.
func TestArchivesOfMany(t *testing.T) {
	names := make([]string, 5000)
	for i := range names {
		names[i] = strings.Repeat("x", i%300) + string(rune('a'+i%26)) + string(rune(0x4e00+i)) + ".npy"
	}
	if got := filetype.OfBytes([]byte(archive(t, names...))); got.Kind != filetype.Npz {
		t.Error(got)
	}
}

// FuzzOf: whatever the bytes, an answer and no panic, and always with a name
// where the kind is known.
func FuzzOf(f *testing.F) {
	for _, e := range examples(f) {
		f.Add([]byte(e.data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got := filetype.OfBytes(data)
		if (got.Kind == filetype.Unknown) != (got.Name == "") || strings.Contains(got.Name, "\n") {
			t.Errorf("%v", got)
		}
		if err := got.Mistaken("a test"); (err == nil) != (got.Kind == filetype.Unknown) {
			t.Errorf("%v: %v", got, err)
		}
	})
}
