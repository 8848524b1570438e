//go:build unix

package onnx

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"
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
