package verify_test

import (
	"context"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mixconv/mixconv/internal/atomicfile"
	"github.com/mixconv/mixconv/npy"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
	"github.com/mixconv/mixconv/verify"
)

var peerInput = runtime.Tensors{"x": tensor.Of([]float32{1, -2}, 1, 2)}

// TestPeer: a process that plays ONNX Runtime is asked for turns, and its outputs are
// compared.
func TestPeer(t *testing.T) {
	answer := filepath.Join(t.TempDir(), "answer.npz")
	if err := atomicfile.Write(answer, func(w io.Writer) error {
		return npy.WriteArchive(w, map[string]*tensor.Tensor{"v0": tensor.Of([]float32{1, 0.5}, 1, 2)})
	}); err != nil {
		t.Fatal(err)
	}
	python := interpreter(t, `cp "`+answer+`" "$2/answer.npz"
grep -q '"kind":"ort","model":"'"$2"/model.onnx'"' "$2/request.json" || exit 9
echo '{"version": "7", "load_ms": 3, "first_ms": 4, "names": ["y"]}'
read n; echo '{"ns": [5, 6]}'
read n; echo '{"ns": [1]}'
read n; echo 'no memory' >&2; exit 5
`)
	peer, err := verify.StartORT(context.Background(), verify.Live{Python: python}, model(0, "Relu"), peerInput, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	if peer.Version != "7" || peer.LoadMS != 3 || peer.FirstMS != 4 || len(peer.Outputs) != 1 {
		t.Errorf("started as %+v", peer)
	}
	for _, c := range []struct {
		out  runtime.Tensors
		want float64
	}{
		{runtime.Tensors{"y": tensor.Of([]float32{1, 0.5}, 1, 2)}, 0},
		{runtime.Tensors{"y": tensor.Of([]float32{1, 0}, 1, 2)}, 0.5},
		{runtime.Tensors{"y": tensor.Of([]float32{1}, 1, 1)}, math.Inf(1)},
		{runtime.Tensors{"y": tensor.Of([]float32{1, float32(math.NaN())}, 1, 2)}, math.Inf(1)},
	} {
		if got := float64(peer.Difference(c.out)); got != c.want {
			t.Errorf("%v differs by %g, want %g", c.out["y"].Data, got, c.want)
		}
	}
	if got := float64(peer.Difference(runtime.Tensors{"z": peerInput["x"]})); got == got {
		t.Errorf("nothing differs by %g", got)
	}
	times, err := peer.Turn(context.Background(), 2)
	if err != nil || len(times) != 2 || times[1] != 6*time.Nanosecond {
		t.Errorf("%v, %v", times, err)
	}
	if _, err := peer.Turn(context.Background(), 2); err == nil || !strings.Contains(err.Error(), "1 times of 2 runs") {
		t.Error(err)
	}
	for range 2 { // what has ended stays so
		_, err = peer.Turn(context.Background(), 2)
		if e := (*verify.UnavailableError)(nil); !errors.As(err, &e) || strings.Contains(err.Error(), "\n") {
			t.Error(err)
		}
	}
}

// TestPeerFailures: whatever happens to the interpreter is one line, and no file is left.
func TestPeerFailures(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for shell, want := range map[string]string{
		"echo 'MemoryError: 12 GB' >&2; exit 1":  `/python: exit status 1: "MemoryError: 12 GB"`,
		"true":                                   "ended without an answer",
		"echo '['":                               `/python said "[\n": `,
		`echo '{"missing": "onnxruntime.capi"}'`: "-m pip install numpy onnxruntime",
		`echo '{"unavailable": "no such operator"}'`: "ort: no such operator",
		`echo '{"names": ["y"]}'`:                    "answer.npz",
	} {
		_, err := verify.StartORT(context.Background(), verify.Live{Python: interpreter(t, shell)}, model(0, "Relu"), peerInput, 1)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s", shell, err, want)
		}
		if e := (*verify.UnavailableError)(nil); !errors.As(err, &e) {
			t.Errorf("%s: %T", shell, err)
		}
	}
	if left, _ := os.ReadDir(os.TempDir()); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestPeerCancel: the process ends with the context.
func TestPeerCancel(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := verify.StartORT(ctx, verify.Live{Python: interpreter(t, "exec sleep 60")}, model(0, "Relu"), peerInput, 1)
	if err == nil || time.Since(start) > 20*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}
