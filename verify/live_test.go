package verify_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/mixconv/mixconv/internal/atomicfile"
	"github.com/mixconv/mixconv/npy"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
	"github.com/mixconv/mixconv/verify"
)

// interpreter writes a program that takes Python's place.
func interpreter(t *testing.T, shell string) string {
	t.Helper()
	if _, err := os.Stat("/bin/sh"); err != nil {
		t.Skip("no shell here")
	}
	path := filepath.Join(t.TempDir(), "python")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+shell), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestLiveFailures: whatever happens to the interpreter is one line.
func TestLiveFailures(t *testing.T) {
	answer := func(s string) string { return "echo '" + s + `' > "$2/answer.json"` }
	for _, test := range []struct {
		shell, want string
		unavailable bool
	}{
		{"echo Traceback >&2; echo 'MemoryError: 12 GB' >&2; exit 1", `exit status 1: "MemoryError: 12 GB"`, true},
		{"head -c 100000 /dev/zero | tr '\\0' x >&2; exit 3", "xxx…", true},
		{answer(`{"missing": "onnxruntime.capi"}`), "-m pip install numpy onnxruntime", true},
		{answer(`{"unavailable": "no weights"}`), "no weights", true},
		{answer(`{"error": "ValueError: bad"}`), "ort: ValueError: bad", true},
		{answer(`{"names": ["logits"]}`), "answer.npz", true},
		{answer(`[`), "JSON", true},
		{"true", "ended without an answer", true},
	} {
		ref, err := verify.ORT(verify.Live{Python: interpreter(t, test.shell)})
		if err != nil {
			t.Fatal(err)
		}
		_, err = verify.Run(context.Background(), model(0, "Relu"), []verify.Reference{ref}, verify.Options{})
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") || len(err.Error()) > 600 {
			t.Errorf("%s: %v, want %s", test.shell, err, test.want)
		}
		if e := (*verify.UnavailableError)(nil); errors.As(err, &e) != test.unavailable {
			t.Errorf("%s: unavailable is %v", test.shell, !test.unavailable)
		}
	}
}

// TestLiveCancel: the interpreter ends with the context.
func TestLiveCancel(t *testing.T) {
	ref, err := verify.Timm(verify.Live{Python: interpreter(t, "exec sleep 60"), Network: "mixnet_s"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err = verify.Run(ctx, model(0, "Relu"), []verify.Reference{ref}, verify.Options{})
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 20*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}

// TestNoPython says what to install.
func TestNoPython(t *testing.T) {
	t.Setenv("MIXCONV_PYTHON", "")
	t.Chdir(t.TempDir())
	_, err := verify.TorchVision(verify.Live{})
	if e := (*verify.UnavailableError)(nil); !errors.As(err, &e) || !strings.HasSuffix(err.Error(), "pip install numpy torch torchvision") {
		t.Error(err)
	}
}

// TestOnnxGoFailures: whatever happens to onnx-go's program is one line that
// says so, and means that the reference cannot be had.
func TestOnnxGoFailures(t *testing.T) {
	for _, test := range []struct {
		alter       func(*onnx.Model)
		shell, want string
	}{
		{nil, "echo 'conv: bad arity' >&2; exit 3", `onnx-go: cannot run the model (exit status 3): "conv: bad arity"`},
		{nil, "echo 'panic: runtime error: index out of range' >&2; exit 2", "index out of range"},
		{nil, "kill -9 $$", "signal: killed"},
		{unequalPads, "exit 0", "misreads pads"},
		{innerOutput, "exit 0", `gives no output that other nodes read, as GlobalAveragePool pool does stem`},
	} {
		ref, err := verify.OnnxGo(interpreter(t, test.shell))
		if err != nil {
			t.Fatal(err)
		}
		m := model(0, "Relu")
		if test.alter != nil {
			test.alter(m)
		}
		_, err = verify.Run(t.Context(), m, []verify.Reference{ref}, verify.Options{})
		if e := (*verify.UnavailableError)(nil); !errors.As(err, &e) || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s", test.shell, err, test.want)
		}
	}
	ref, err := verify.OnnxGo(interpreter(t, "exit 0"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = verify.Run(t.Context(), model(0, "Relu"), []verify.Reference{ref}, verify.Options{}); err == nil || !strings.Contains(err.Error(), "outputs.npz") {
		t.Errorf("a program without outputs: %v", err)
	}
}

func unequalPads(m *onnx.Model) {
	n := m.Proto.Graph.Node[0]
	n.OpType = proto.String("MaxPool")
	n.Attribute = []*onnxpb.AttributeProto{onnx.IntsAttr("kernel_shape", []int64{2, 2}), onnx.IntsAttr("pads", []int64{0, 0, 1, 1})}
}

func innerOutput(m *onnx.Model) {
	g := m.Proto.Graph
	g.Output = append(g.Output, &onnxpb.ValueInfoProto{Name: proto.String("stem"), Type: g.Input[0].Type})
}

// TestOnnxGoPieces: a model of a fixed batch is run as often as it takes.
func TestOnnxGoPieces(t *testing.T) {
	runs := filepath.Join(t.TempDir(), "runs")
	pieces := filepath.Join(t.TempDir(), "outputs.npz")
	writeArchive(t, pieces, runtime.Tensors{"logits": tensor.New(tensor.Float32, 1, 3)})
	ref, err := verify.OnnxGo(interpreter(t, "echo run >> "+runs+"; cp "+pieces+` "$3"`))
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, model(1, "Relu"), verify.Options{Input: runtime.Tensors{"input": tensor.New(tensor.Float32, 3, 3, 4, 5)}}, ref)
	data, err := os.ReadFile(runs)
	if err != nil || string(data) != "run\nrun\nrun\n" || !r.Pass || r.References[0].Compared != 9 {
		t.Errorf("%d compared, pass %v, %q, %v", r.References[0].Compared, r.Pass, data, err)
	}
}

func writeArchive(t *testing.T, path string, arrays runtime.Tensors) {
	t.Helper()
	if err := atomicfile.Write(path, func(w io.Writer) error { return npy.WriteArchive(w, arrays) }); err != nil {
		t.Fatal(err)
	}
}

// TestNoOnnxGo says what to install.
func TestNoOnnxGo(t *testing.T) {
	t.Setenv("MIXCONV_ONNXGO", "")
	t.Setenv("PATH", t.TempDir())
	_, err := verify.OnnxGo("")
	if e := (*verify.UnavailableError)(nil); !errors.As(err, &e) || !strings.HasSuffix(err.Error(), "go install github.com/mixconv/mixconv/cmd/mixconv-onnxgo@latest") {
		t.Error(err)
	}
	if _, err := verify.OnnxGo("nowhere"); !errors.As(err, new(*verify.UnavailableError)) || !strings.Contains(err.Error(), "no program at nowhere") {
		t.Error(err)
	}
}
