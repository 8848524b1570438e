package main

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/npy"
	"github.com/mixconv/mixconv/tensor"
)

// sample is a file, what it is and which command takes it.
type sample struct{ data, what, taker string }

// samples are files of all kinds that get mistaken for each other. Some are
// beginnings: enough to be recognised.
func samples(t *testing.T) map[string]sample {
	t.Helper()
	read := func(path ...string) string {
		data, err := os.ReadFile(filepath.Join(append([]string{"..", ".."}, path...)...))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	zipped := func(names ...string) string {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for _, name := range names {
			if _, err := w.CreateHeader(&zip.FileHeader{Name: name}); err != nil {
				t.Fatal(err)
			}
		}
		w.Close()
		return b.String()
	}
	var array bytes.Buffer
	if err := npy.Write(&array, tensor.New(tensor.Float32, 2, 3)); err != nil {
		t.Fatal(err)
	}
	jpeg := read("preprocess", "testdata", "pillow", "8x8-444.jpg")
	pth := read("convert", "torch", "testdata", "pytorch", "types.pth")
	none := "no command takes it"
	return map[string]sample{
		"JPEG":       {jpeg, "a JPEG picture", "mixconv classify and verify --image take it"},
		"PNG":        {read("preprocess", "testdata", "pillow", "type2-8.png"), "a PNG picture", "verify --image"},
		"GIF":        {"GIF89a......", "a GIF picture", none},
		"npy":        {array.String(), "a NumPy array", "mixconv run --input"},
		"npz":        {read("testdata", "digits", "io.npz"), "an archive of NumPy arrays", "mixconv run --input"},
		"ONNX":       {read("onnx", "testdata", "bad", "bn_negvar.onnx"), "an ONNX model", "mixconv run, verify"},
		"pth":        {pth, "a file of PyTorch weights", "mixconv torch2onnx"},
		"pickles":    {read("convert", "torch", "testdata", "pytorch", "types.legacy.pth"), "a file of PyTorch weights", "mixconv torch2onnx"},
		"safetensor": {read("convert", "torch", "testdata", "pytorch", "types.safetensors"), "a safetensors file", "mixconv torch2onnx"},
		"index":      {read("testdata", "digits", "model.ckpt-1600.index"), "the index of a TensorFlow checkpoint", "mixconv tf2onnx"},
		"state":      {read("testdata", "digits", "checkpoint"), "TensorFlow's list of checkpoints", "mixconv tf2onnx"},
		"SavedModel": {"\x08\x01\x12\x0c\x0a\x03\x22\x01t\x12\x05\x0a\x03\x0a\x01x", "a TensorFlow SavedModel", "mixconv tf2onnx"},
		"GraphDef":   {"\x0a\x0a\x0a\x01x\x12\x05Const", "a TensorFlow graph", "mixconv tf2onnx"},
		"HDF5":       {"\x89HDF\r\n\x1a\n\x00", "an HDF5 file", "checkpoints, SavedModels and frozen graphs"},
		"Keras":      {zipped("metadata.json", "config.json", "model.weights.h5"), "a Keras model", "checkpoints, SavedModels and frozen graphs"},
		"script":     {zipped("m/data.pkl", "m/code/__torch__/m.py", "m/constants.pkl"), "a TorchScript program", "torch.save(model.state_dict(), FILE)"},
		"TFLite":     {"\x1c\x00\x00\x00TFL3", "a TensorFlow Lite model", none},
		"GGUF":       {"GGUF\x03\x00\x00\x00", "a GGUF model", none},
		"Core ML":    {"\x08\x05\x12\x0c\x0a\x0a\x0a\x05image\x1a\x01\x22", "a Core ML model", none},
		"OpenVINO":   {"<?xml version=\"1.0\"?>\n<net name=\"m\">\n<layers>", "an OpenVINO model", none},
		"LFS":        {"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a git-lfs pointer", "git lfs pull"},
		"HTML":       {"<!DOCTYPE html><title>404", "an HTML page", "fetch the file"},
		"zip":        {zipped("readme.txt"), "", ""}, // a reader of archives says what is wrong with this one
		"gzip":       {"\x1f\x8b\x08\x00", "gzip-compressed data", "unpack it first"},
		"tar":        {strings.Repeat("\x00", 257) + "ustar", "a tar archive", "unpack it first"},
		"text":       {"hello\n", "text", "--labels"},
		"JSON":       {"{}", "JSON", "--labels"},
		"empty":      {"", "", ""},
	}
}

// TestMistakenFiles gives every command every kind of file that it does not
// take, under the names of those that it does: the error is one line that says
// what the file is and which command takes it.
func TestMistakenFiles(t *testing.T) {
	folder := t.TempDir()
	model := filepath.Join(folder, "good.onnx")
	if code := mainCode([]string{"tf2onnx", filepath.Join("..", "..", "testdata", "digits"), "-o", model}, nil, new(bytes.Buffer), os.Stderr); code != exitOK {
		t.Fatal("no model")
	}
	out := filepath.Join(folder, "out.npz")
	commands := []struct {
		name, extension string
		takes           string // names of samples
		args            func(file string) []string
	}{
		{"run", ".onnx", "ONNX", func(f string) []string { return []string{"run", f, "--input", "in.npz", "-o", out} }},
		{"run --input", ".npz", "npz npy", func(f string) []string { return []string{"run", model, "--input", f, "-o", out} }},
		{"verify", ".onnx", "ONNX", func(f string) []string { return []string{"verify", f, "--ref", "forms"} }},
		{"verify npz", ".npz", "npz", func(f string) []string { return []string{"verify", model, "--ref", "npz:" + f} }},
		{"verify onnx", ".onnx", "ONNX", func(f string) []string { return []string{"verify", model, "--ref", "onnx:" + f} }},
		{"verify --input", ".npy", "npz npy", func(f string) []string { return []string{"verify", model, "--ref", "forms", "--input", f} }},
		{"bench", ".onnx", "ONNX", func(f string) []string { return []string{"bench", f} }},
		{"rewrite", ".onnx", "ONNX", func(f string) []string { return []string{"rewrite", f, "-o", out, "--mdconv", "split"} }},
		{"tf2onnx", ".pb", "index state SavedModel GraphDef", func(f string) []string { return []string{"tf2onnx", f, "-o", out} }},
		{"torch2onnx", ".pth", "npz npy pth pickles safetensor", func(f string) []string { return []string{"torch2onnx", f, "--model", "mixnet_s", "-o", out} }},
		{"inspect", ".onnx", "ONNX npz npy pth pickles safetensor index state SavedModel GraphDef", func(f string) []string { return []string{"inspect", f} }},
		{"classify", ".onnx", "ONNX", func(f string) []string { return []string{"classify", f, "picture.jpg"} }},
		{"inspect --stage", ".onnx", "ONNX", func(f string) []string { return []string{"inspect", f, "--stage", "onnx"} }},
	}
	for kind, s := range samples(t) {
		for _, c := range commands {
			file := filepath.Join(folder, "x"+c.extension)
			if err := os.WriteFile(file, []byte(s.data), 0o600); err != nil {
				t.Fatal(err)
			}
			var stdout, stderr bytes.Buffer
			code := mainCode(c.args(file), nil, &stdout, &stderr)
			takes := false
			for _, name := range strings.Fields(c.takes) {
				takes = takes || name == kind
			}
			line := stderr.String()
			if takes {
				if strings.Contains(line, "this is ") {
					t.Errorf("%s of %s: %s", c.name, kind, line)
				}
				continue
			}
			if code != exitBadInput || stdout.Len() > 0 || strings.Count(line, "\n") != 1 || !strings.Contains(line, "x"+c.extension) {
				t.Errorf("%s of %s: exit code %d, stdout %q, stderr %q", c.name, kind, code, &stdout, line)
			}
			if !strings.Contains(line, s.what) || !strings.Contains(line, s.taker) {
				t.Errorf("%s of %s: %s", c.name, kind, line)
			}
			if kind == "empty" && !strings.Contains(line, "the file is empty") {
				t.Errorf("%s of %s: %s", c.name, kind, line)
			}
		}
	}
}

// TestNamesDoNotMatter: the right file under a wrong name is taken.
func TestNamesDoNotMatter(t *testing.T) {
	folder := t.TempDir()
	for kind, name := range map[string]string{
		"npz": "x.bin", "npy": "x.pth", "pth": "x.npz", "pickles": "x.onnx", "safetensor": "x.pb",
	} {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(samples(t)[kind].data), 0o600); err != nil {
			t.Fatal(err)
		}
		var stdout, stderr bytes.Buffer
		if code := mainCode([]string{"inspect", path}, nil, &stdout, &stderr); code != exitOK {
			t.Errorf("%s named %s: exit code %d, %s", kind, name, code, &stderr)
		}
	}
	model := filepath.Join(folder, "model.npz")
	for _, args := range [][]string{
		{"tf2onnx", filepath.Join("..", "..", "testdata", "digits"), "-o", filepath.Join(folder, "m.onnx"), "--image-size", "64"},
		{"inspect", model}, {"bench", model, "--runs", "1"}, {"verify", model, "--ref", "forms"}, {"rewrite", model, "-o", model, "--mdconv", "fused"},
	} {
		var stdout, stderr bytes.Buffer
		if code := mainCode(args, nil, &stdout, &stderr); code != exitOK {
			t.Errorf("%q: exit code %d, %s", args, code, &stderr)
		}
		os.Rename(filepath.Join(folder, "m.onnx"), model)
	}
}
