package verify_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
		{"echo Traceback >&2; echo 'MemoryError: 12 GB' >&2; exit 1", `exit status 1: "MemoryError: 12 GB"`, false},
		{"head -c 100000 /dev/zero | tr '\\0' x >&2; exit 3", "xxx…", false},
		{answer(`{"missing": "onnxruntime.capi"}`), "-m pip install numpy onnxruntime", true},
		{answer(`{"unavailable": "no weights"}`), "no weights", true},
		{answer(`{"error": "ValueError: bad"}`), "ort: ValueError: bad", false},
		{answer(`{"names": ["logits"]}`), "answer.npz", false},
		{answer(`[`), "JSON", false},
		{"true", "answer.json", false},
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
