package onnxgo_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/interop/onnxgo"
	"github.com/owulveryck/onnx-go"
	"gorgonia.org/tensor"
)

// network is a MixNet-S with random weights.
func network(t testing.TB, o convert.Options) *convert.Converted {
	t.Helper()
	n, err := convert.Named("mixnet_s")
	if err != nil {
		t.Fatal(err)
	}
	m, err := convert.RandomModel(n, 7, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// decoded is a model on our backend.
func decoded(t testing.TB, file []byte) (*onnxgo.Graph, *onnx.Model) {
	t.Helper()
	backend := onnxgo.NewGraph()
	model := onnx.NewModel(backend)
	if err := model.UnmarshalBinary(file); err != nil {
		t.Fatal(err)
	}
	return backend, model
}

func encode(t testing.TB, m *convert.Converted) []byte {
	t.Helper()
	file, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func random(seed uint64, shape ...int) []float32 {
	n := 1
	for _, d := range shape {
		n *= d
	}
	r := rand.New(rand.NewPCG(seed, 1))
	data := make([]float32, n)
	for i := range data {
		data[i] = float32(r.NormFloat64())
	}
	return data
}

// TestMixNet: a MixNet through onnx-go gives the logits that our engine gives of
// the file, within 2e-5 of the largest, for one batch size after another, with
// batch norms folded and as they are, at old and new opsets.
func TestMixNet(t *testing.T) {
	for _, o := range []convert.Options{
		{ImageSize: 64},
		{ImageSize: 64, KeepBN: true, Opset: 13},
		{ImageSize: 64, Opset: 24},
		{ImageSize: -1, Opset: 13},
	} {
		m := network(t, o)
		session, err := mixconv.LoadModel(m.Model, mixconv.Options{})
		if err != nil {
			t.Fatal(err)
		}
		backend, model := decoded(t, encode(t, m))
		for _, batch := range []int{1, 3, 1} {
			data := random(uint64(batch), batch, 3, 64, 64)
			want, err := session.Run(context.Background(), mixconv.Tensors{"input": mixconv.NewTensor(data, batch, 3, 64, 64)})
			if err != nil {
				t.Fatal(err)
			}
			if err := model.SetInput(0, tensor.New(tensor.WithShape(batch, 3, 64, 64), tensor.WithBacking(data))); err != nil {
				t.Fatal(err)
			}
			if err := backend.Run(); err != nil {
				t.Fatalf("%+v: %v", o, err)
			}
			outputs, err := model.GetOutputTensors()
			if err != nil || len(outputs) != 1 {
				t.Fatalf("%d outputs, %v", len(outputs), err)
			}
			logits := tensor.New(tensor.WithShape(batch, 1000), tensor.WithBacking(mixconv.Floats(want["logits"])))
			if err := compare(outputs[0], logits, 0, 2e-5*largest(logits)); err != nil || largest(logits) < 0.1 {
				t.Errorf("%+v, batch %d: %v, largest logit %g", o, batch, err, largest(logits))
			}
		}
	}
}

func largest(t tensor.Tensor) float64 {
	most := 0.0
	for _, v := range numbers(t) {
		most = max(most, math.Abs(v))
	}
	return most
}

// TestFused: of the fused form onnx-go hands over a node without its function.
// The error says so, of all of them.
func TestFused(t *testing.T) {
	backend, model := decoded(t, encode(t, network(t, convert.Options{ImageSize: 64, MDConv: convert.Fused})))
	if err := model.SetInput(0, tensor.New(tensor.WithShape(1, 3, 64, 64), tensor.Of(tensor.Float32))); err != nil {
		t.Fatal(err)
	}
	err := backend.Run()
	var unsupported *errs.UnsupportedError
	if !errors.As(err, &unsupported) || len(unsupported.Items) < 10 {
		t.Fatalf("%v: want all fused nodes in an UnsupportedError", err)
	}
	for _, u := range unsupported.Items {
		if !strings.HasPrefix(u.Op, "MDConv") || u.Node == "" || !strings.Contains(u.Reason, "mixconv rewrite --mdconv split") {
			t.Errorf("%+v", u)
		}
	}
}

// TestOutputs: several outputs, and a value in between that is asked for only
// after the run.
func TestOutputs(t *testing.T) {
	n, err := convert.Named("mixnet_s")
	if err != nil {
		t.Fatal(err)
	}
	m, err := convert.RandomModel(n, 7, convert.Options{ImageSize: 64, Features: true})
	if err != nil {
		t.Fatal(err)
	}
	session, err := mixconv.LoadModel(m.Model, mixconv.Options{Layers: true})
	if err != nil {
		t.Fatal(err)
	}
	backend, model := decoded(t, encode(t, m))
	const between = "blocks.1.0"
	node, ok := model.GetNodeByName(between)
	if !ok {
		t.Fatalf("no value %s", between)
	}
	for seed := range uint64(2) {
		data := random(seed, 1, 3, 64, 64)
		want, err := session.Run(context.Background(), mixconv.Tensors{"input": mixconv.NewTensor(data, 1, 3, 64, 64)})
		if err != nil {
			t.Fatal(err)
		}
		input := tensor.New(tensor.WithShape(1, 3, 64, 64), tensor.WithBacking(data))
		if err := model.SetInput(0, input); err != nil {
			t.Fatal(err)
		}
		if err := backend.Run(); err != nil {
			t.Fatal(err)
		}
		input.Zero() // what is asked for later is still of the run
		outputs, err := model.GetOutputTensors()
		if err != nil || len(outputs) != 4 {
			t.Fatalf("%d outputs, %v", len(outputs), err)
		}
		same := func(got tensor.Tensor, name string) {
			t.Helper()
			w := want[name]
			recorded := tensor.New(tensor.WithShape(w.Shape...), tensor.WithBacking(w.Data))
			if err := compare(got, recorded, 0, 2e-5*largest(recorded)); err != nil {
				t.Errorf("run %d: %s: %v", seed, name, err)
			}
		}
		for i, stride := range []int{4, 8, 16, 32} {
			same(outputs[i], fmt.Sprintf("features_%d", stride))
		}
		same(node.(onnx.DataCarrier).GetTensor(), between)
	}
}

// TestMnist runs the model that onnx-go carries for its examples, on the three
// pictures that come with it.
func TestMnist(t *testing.T) {
	folder := filepath.Join(onnxGo(t), "internal", "examples", "mnist")
	backend, model := decoded(t, literal(t, filepath.Join(folder, "mnist_binary.go")))
	for i := range 3 {
		set := filepath.Join(folder, fmt.Sprintf("test_data_set_%d", i))
		if err := model.SetInput(0, array(t, filepath.Join(set, "input_0.pb"))); err != nil {
			t.Fatal(err)
		}
		if err := backend.Run(); err != nil {
			t.Fatal(err)
		}
		outputs, err := model.GetOutputTensors()
		if err != nil || len(outputs) != 1 {
			t.Fatalf("%d outputs, %v", len(outputs), err)
		}
		if err := compare(outputs[0], array(t, filepath.Join(set, "output_0.pb")), 1e-4, 1e-4); err != nil {
			t.Errorf("picture %d: %v", i, err)
		}
	}
}

// TestFizzBuzz runs onnx-go's other model: a network that has learned, of seven
// bits of a number, what to say.
func TestFizzBuzz(t *testing.T) {
	file := literal(t, filepath.Join(onnxGo(t), "backend", "x", "gorgonnx", "fizzbuzz_model_test.go"))
	backend, model := decoded(t, file)
	bits := make([]float32, 7)
	input := tensor.New(tensor.WithShape(1, 7), tensor.WithBacking(bits))
	for n := 1; n <= 100; n++ {
		for i := range bits {
			bits[i] = float32(n >> i & 1)
		}
		if err := model.SetInput(0, input); err != nil {
			t.Fatal(err)
		}
		if err := backend.Run(); err != nil {
			t.Fatal(err)
		}
		outputs, err := model.GetOutputTensors()
		if err != nil {
			t.Fatal(err)
		}
		want := 0
		for i, divisor := range []int{3, 5, 15} {
			if n%divisor == 0 {
				want = i + 1
			}
		}
		best := 0
		said := numbers(outputs[0])
		for i := range said {
			if said[i] > said[best] {
				best = i
			}
		}
		if len(said) != 4 || best != want {
			t.Errorf("%d: %v, want the largest at %d", n, said, want)
		}
	}
}

// onnxGo is where onnx-go's module is.
func onnxGo(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/owulveryck/onnx-go").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// literal is the longest list of bytes that a Go file has, as a string or as
// numbers.
func literal(t *testing.T, path string) []byte {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var longest []byte
	ast.Inspect(file, func(n ast.Node) bool {
		var data []byte
		switch n := n.(type) {
		case *ast.BasicLit:
			if text, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
				data = []byte(text)
			}
		case *ast.CompositeLit:
			for _, e := range n.Elts {
				number, ok := e.(*ast.BasicLit)
				if !ok {
					return true
				}
				b, err := strconv.ParseUint(number.Value, 0, 8)
				if err != nil {
					return true
				}
				data = append(data, byte(b))
			}
		}
		if len(data) > len(longest) {
			longest = data
		}
		return true
	})
	if len(longest) < 1000 {
		t.Fatalf("%s: no model, %d bytes", path, len(longest))
	}
	return longest
}

// array reads a TensorProto with onnx-go.
func array(t *testing.T, path string) tensor.Tensor {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	a, err := onnx.NewTensor(data)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
