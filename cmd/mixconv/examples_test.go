package main

import (
	"bytes"
	"image"
	"image/jpeg"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/npy"
	"github.com/mixconv/mixconv/tensor"
	"github.com/mixconv/mixconv/testdata/digits"
	"google.golang.org/protobuf/encoding/protowire"
)

// TestExamples runs the examples of every command's help, in a folder that has the
// files which they name.
func TestExamples(t *testing.T) {
	if testing.Short() {
		t.Skip("the scripts run every command, too")
	}
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	exampleFiles(t, root)
	var help bytes.Buffer
	if code := mainCode([]string{"help"}, strings.NewReader(""), &help, &help); code != exitOK {
		t.Fatal(help.String())
	}
	for _, line := range strings.Split(help.String(), "\n") {
		name, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if strings.HasPrefix(line, "  ") && !strings.HasPrefix(name, "-") && name != "mixconv" {
			if _, ok := examples[name]; !ok {
				t.Errorf("command %s has no examples", name)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(examples)) {
		for _, line := range examples[name] {
			t.Run(line, func(t *testing.T) {
				args := strings.Fields(line)
				if args[0] != "mixconv" || args[1] != name {
					t.Fatalf("is under %s", name)
				}
				if name == "serve" {
					serveExample(t, args[1:])
					return
				}
				if name == "oip-check" {
					oipCheckExample(t, args[1:])
					return
				}
				var out, problem bytes.Buffer
				if code := mainCode(args[1:], strings.NewReader(""), &out, &problem); code != exitOK || out.Len() == 0 || problem.Len() > 0 {
					t.Errorf("exit %d, %d bytes on stdout: %s", code, out.Len(), problem.String())
				}
			})
		}
		var out bytes.Buffer
		mainCode([]string{name, "--help"}, strings.NewReader(""), &out, &out)
		if end := "\nExamples:\n  " + examples[name][0] + "\n  " + examples[name][1] + "\n"; !strings.HasSuffix(out.String(), end) {
			t.Errorf("help of %s does not end with its examples", name)
		}
	}
}

// TestRelease: the version that the program prints is the changelog's first.
func TestRelease(t *testing.T) {
	changes, err := os.ReadFile(filepath.Join("..", "..", "CHANGELOG.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, first, _ := strings.Cut(string(changes), "\n## ")
	if version := strings.Fields(first)[0]; version != release {
		t.Errorf("CHANGELOG.md begins with %s, the program is %s", version, release)
	}
}

// exampleFiles writes what the examples name: a checkpoint and a network's weights, the
// model made of the checkpoint, arrays and what TensorFlow computed of them, pictures.
func exampleFiles(t *testing.T, root string) {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(os.CopyFS("checkpoint", os.DirFS(filepath.Join(root, "testdata", "digits"))))
	wrapped := filepath.Join(root, "convert", "torch", "testdata", "wrapped")
	for _, copied := range []string{"key_model_state_dict.pth weights.pth", "key_model_state_dict.pth other.pth", "tiny.txt network.txt"} {
		from, to, _ := strings.Cut(copied, " ")
		data, err := os.ReadFile(filepath.Join(wrapped, from))
		check(err)
		check(os.WriteFile(to, data, 0o666))
	}
	check(os.WriteFile("labels.txt", []byte("zero\none\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\n"), 0o666))
	for _, file := range []string{"cat.jpg", "photos/three/a.jpg", "photos/seven/b.jpg"} {
		var b bytes.Buffer
		check(jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 70, 90)), nil))
		check(os.MkdirAll(filepath.Dir(file), 0o777))
		check(os.WriteFile(file, b.Bytes(), 0o666))
	}
	model := []string{"tf2onnx", "checkpoint", "-o", "model.onnx", "--image-size", "64", "--labels", "labels.txt",
		"--crop", "1", "--interpolation", "bicubic", "--mean", "127.5,127.5,127.5", "--std", "127.5,127.5,127.5"}
	var problem bytes.Buffer
	if mainCode(model, strings.NewReader(""), &problem, &problem) != exitOK {
		t.Fatal(problem.String())
	}
	set, err := digits.HeldOut()
	check(err)
	input, logits := firstOf(set.Input, 2), firstOf(set.LogitsEMA, 2)
	archive(t, "arrays.npz", map[string]*tensor.Tensor{"input": input})
	archive(t, "recorded.npz", map[string]*tensor.Tensor{"input": input, "logits": logits})
	data := filepath.Join("cases", "node", "test_digits")
	check(os.MkdirAll(filepath.Join(data, "test_data_set_0"), 0o777))
	file, err := os.ReadFile("model.onnx")
	check(err)
	check(os.WriteFile(filepath.Join(data, "model.onnx"), file, 0o666))
	check(os.WriteFile("other.onnx", file, 0o666))
	check(os.WriteFile(filepath.Join(data, "test_data_set_0", "input_0.pb"), tensorProto(input), 0o666))
	check(os.WriteFile(filepath.Join(data, "test_data_set_0", "output_0.pb"), tensorProto(logits), 0o666))
}

func archive(t *testing.T, name string, arrays map[string]*tensor.Tensor) {
	t.Helper()
	var b bytes.Buffer
	if err := npy.WriteArchive(&b, arrays); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

// tensorProto is a tensor of floats as ONNX's test cases have it: dims (1), data_type
// (2), float_data (4).
func tensorProto(x *tensor.Tensor) []byte {
	var b, packed []byte
	for _, d := range x.Shape {
		b = protowire.AppendTag(b, 1, protowire.VarintType)
		b = protowire.AppendVarint(b, uint64(d))
	}
	b = protowire.AppendTag(b, 2, protowire.VarintType)
	b = protowire.AppendVarint(b, 1)
	for _, v := range tensor.Data[float32](x) {
		packed = protowire.AppendFixed32(packed, math.Float32bits(v))
	}
	b = protowire.AppendTag(b, 4, protowire.BytesType)
	return protowire.AppendBytes(b, packed)
}
