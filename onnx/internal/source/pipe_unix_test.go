//go:build unix

package source_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/mixconv/mixconv/onnx"
)

// Opening a named pipe waits for a writer, unless it is opened without
// waiting.
func TestExternalNamedPipe(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644); err != nil {
		t.Skip(err)
	}
	m := writeModel(t, filepath.Join(dir, "m.onnx"), weightAt("location=pipe"))
	done := make(chan error, 1)
	go func() {
		_, err := m.Tensor(m.Proto.Graph.Initializer[0])
		done <- err
	}()
	select {
	case err := <-done:
		wantError(t, err, "not a regular file")
	case <-time.After(5 * time.Second):
		t.Fatal("opening a named pipe waits")
	}
}

// TestNamedPipe: a named pipe is refused at once, whoever opens it.
func TestNamedPipe(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "pipe.onnx")
	if err := syscall.Mkfifo(path, 0o644); err != nil {
		t.Skip(err)
	}
	for name, open := range map[string]func() error{
		"ReadFile":     func() error { _, err := onnx.ReadFile(path, noLimits); return err },
		"OpenFile":     func() error { _, err := onnx.OpenFile(path, noLimits); return err },
		"ReadFS":       func() error { _, err := onnx.ReadFS(os.DirFS(dir), "pipe.onnx", noLimits); return err },
		"ReadTensorFS": func() error { _, err := onnx.ReadTensorFS(os.DirFS(dir), "pipe.onnx", noLimits); return err },
	} {
		done := make(chan error, 1)
		go func() { done <- open() }()
		select {
		case err := <-done:
			wantError(t, err, "not a regular file")
		case <-time.After(5 * time.Second):
			t.Fatalf("%s waits for a writer", name)
		}
	}
}
