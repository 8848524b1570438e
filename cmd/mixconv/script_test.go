package main

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/internal/atomicfile"
	"github.com/mixconv/mixconv/npy"
	"github.com/mixconv/mixconv/tensor"
	"github.com/mixconv/mixconv/testdata/digits"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"mixconv": main})
}

// TestScripts runs testdata/script. Beside testscript's own commands there are
//
//	digits FILE [nhwc]     write an npz with the first three held-out digits as
//	                       input and TensorFlow's logits for them
//	picture FILE SIZE      write a handwritten three as a PNG of so many pixels a side
//	flip FILE BYTE BIT     flip a bit of a file; a negative BYTE counts from its end
//	json KEY VALUE         what the last command printed as JSON has at KEY, a path
//	                       with dots; VALUE * stands for anything
//	fails CODE ARG...      run mixconv and demand that it fails with CODE, as a
//	                       failure should
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			root, err := filepath.Abs(filepath.Join("..", ".."))
			env.Setenv("CKPT", filepath.Join(root, "testdata", "digits"))
			env.Setenv("TORCH", filepath.Join(root, "convert", "torch", "testdata", "pytorch"))
			env.Setenv("WRAPPED", filepath.Join(root, "convert", "torch", "testdata", "wrapped"))
			env.Setenv("BAD", filepath.Join(root, "cmd", "mixconv", "testdata"))
			env.Setenv("CASES", filepath.Join(root, "runtime", "testdata", "cases"))
			env.Setenv("TMPDIR", filepath.Join(env.WorkDir, "tmp"))
			if err == nil {
				err = os.MkdirAll(filepath.Join(env.WorkDir, "tmp"), 0o755)
			}
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"digits": writeDigits, "picture": writePicture, "flip": flip, "json": checkJSON, "fails": fails,
		},
	})
}

func writeDigits(ts *testscript.TestScript, _ bool, args []string) {
	set, err := digits.HeldOut()
	ts.Check(err)
	const n = 3
	input := firstOf(set.Input, n)
	if len(args) > 1 { // three equal channels: NHWC repeats every pixel
		nhwc := tensor.New(tensor.Float32, n, digits.ImageSize, digits.ImageSize, 3)
		const area = digits.ImageSize * digits.ImageSize
		for i := range tensor.Data[float32](nhwc) {
			picture, pixel := i/(3*area), i/3%area
			tensor.Data[float32](nhwc)[i] = tensor.Data[float32](input)[picture*3*area+pixel]
		}
		input = nhwc
	}
	arrays := map[string]*tensor.Tensor{"input": input, "logits": firstOf(set.LogitsEMA, n)}
	ts.Check(atomicfile.Write(ts.MkAbs(args[0]), func(w io.Writer) error { return npy.WriteArchive(w, arrays) }))
}

// firstOf is the first n entries of a tensor.
func firstOf(t *tensor.Tensor, n int) *tensor.Tensor {
	shape := t.Shape.Clone()
	shape[0] = n
	return tensor.Of(tensor.Data[float32](t)[:shape.Elements()], shape...)
}

func writePicture(ts *testscript.TestScript, _ bool, args []string) {
	three := []string{"006egg20", "05gdbg00", "0072fc00", "0007gd10", "00006fa0", "00000f90", "003b8g60", "007gg800"}
	size, err := strconv.Atoi(args[1])
	ts.Check(err)
	m := image.NewGray(image.Rect(0, 0, size, size))
	for i := range m.Pix {
		m.Pix[i] = uint8(min(16*strings.IndexByte("0123456789abcdefg", three[i/size*8/size][i%size*8/size]), 255))
	}
	var b bytes.Buffer
	ts.Check(png.Encode(&b, m))
	ts.Check(os.MkdirAll(filepath.Dir(ts.MkAbs(args[0])), 0o755))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b.Bytes(), 0o644))
}

func flip(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	at, err := strconv.Atoi(args[1])
	ts.Check(err)
	bit, err := strconv.Atoi(args[2])
	ts.Check(err)
	data, err := os.ReadFile(path)
	ts.Check(err)
	if at < 0 {
		at += len(data)
	}
	data[at] ^= 1 << bit
	ts.Check(os.WriteFile(path, data, 0o644))
}

func checkJSON(ts *testscript.TestScript, neg bool, args []string) {
	var value any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &value))
	for _, key := range keys(args[0]) {
		switch v := value.(type) {
		case map[string]any:
			var ok bool
			if value, ok = v[key]; !ok {
				ts.Fatalf("no key %s in %s", key, args[0])
			}
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(v) {
				ts.Fatalf("no element %s in %s, which has %d", key, args[0], len(v))
			}
			value = v[i]
		default:
			ts.Fatalf("%s: no %s in %v", args[0], key, value)
		}
	}
	got, err := json.Marshal(value)
	ts.Check(err)
	if same := args[1] == "*" || string(got) == args[1]; same == neg {
		ts.Fatalf("%s is %s, want %s", args[0], got, args[1])
	}
}

// keys splits a path at its dots, but for those with a backslash in front.
func keys(path string) []string {
	const dot = "\x00"
	parts := strings.Split(strings.ReplaceAll(path, `\.`, dot), ".")
	for i := range parts {
		parts[i] = strings.ReplaceAll(parts[i], dot, ".")
	}
	return parts
}

// fails runs mixconv with args behind the exit code, and demands that code, one
// line on stderr that begins with the program's name, nothing on stdout but
// what a comparison (code 1) reports or, with --json, the error as an object,
// and no temporary file left.
func fails(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec("mixconv", args[1:]...)
	stdout, stderr := ts.ReadFile("stdout"), ts.ReadFile("stderr")
	code := "0"
	if err != nil {
		code = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if code != args[0] {
		ts.Fatalf("exit code %s, want %s\n%s%s", code, args[0], stdout, stderr)
	}
	if !strings.HasPrefix(stderr, "mixconv: ") || strings.Count(stderr, "\n") != 1 || !strings.HasSuffix(stderr, "\n") {
		ts.Fatalf("not one line on stderr: %q", stderr)
	}
	if wantsJSON(args) && code != strconv.Itoa(exitDifferent) {
		var object map[string]string
		err := json.Unmarshal([]byte(stdout), &object)
		if err != nil || len(object) != 1 || "mixconv: "+object["error"]+"\n" != stderr {
			ts.Fatalf("stdout of a failure with --json: %q", stdout)
		}
	} else if stdout != "" && code != strconv.Itoa(exitDifferent) {
		ts.Fatalf("stdout of a failure: %q", stdout)
	}
	left, err := filepath.Glob(ts.MkAbs(".mixconv-*"))
	ts.Check(err)
	if len(left) > 0 {
		ts.Fatalf("temporary files left: %q", left)
	}
}
