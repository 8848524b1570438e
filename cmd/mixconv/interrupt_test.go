//go:build unix

package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestInterrupt sends a signal, and then another, to a command that waits for
// its input: it ends with the code of the signal and leaves nothing behind.
func TestInterrupt(t *testing.T) {
	for signal, code := range map[syscall.Signal]int{syscall.SIGINT: exitInterrupted, syscall.SIGTERM: exitTerminated} {
		folder := t.TempDir()
		cmd := exec.Command("mixconv", "run", "-", "--input", "in.npz", "-o", filepath.Join(folder, "out.npz"))
		stdin, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// A whole pipe buffer gets written only once the command reads.
		if _, err := stdin.Write(make([]byte, 1<<18)); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
		}
		cmd.Wait()
		if got := cmd.ProcessState.ExitCode(); got != code || stderr.String() != "mixconv: interrupted\n" {
			t.Errorf("%v: exit code %d, want %d; stderr %q", signal, got, code, &stderr)
		}
		if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
			t.Errorf("%v: left %v, %v", signal, left, err)
		}
	}
}

// TestTimeLimit: a model of 1 KB that computes for hours ends when it is told to, in one
// line, and leaves nothing behind. What is done in time does not know the limit.
func TestTimeLimit(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.html")
	bomb := filepath.Join("..", "..", "runtime", "testdata", "load-work", "einsum_bomb.onnx")
	for _, c := range []struct {
		args []string
		code int
		text string // on stderr
	}{
		{[]string{"bench", bomb, "--html", page, "--time-limit", "300ms"}, exitBadInput, "mixconv: it takes longer than --time-limit 300ms\n"},
		{[]string{"limits", "--time-limit", "1m"}, exitOK, ""},
		{[]string{"limits", "--time-limit", "-1s"}, exitBadInput, "mixconv: --time-limit is -1s, allowed 0s or more\n"},
	} {
		var stderr bytes.Buffer
		if code := mainCode(c.args, nil, io.Discard, &stderr); code != c.code || stderr.String() != c.text {
			t.Errorf("%v: exit code %d, want %d; stderr %q", c.args, code, c.code, &stderr)
		}
	}
	if left, err := os.ReadDir(filepath.Dir(page)); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

// late sends the process a signal when something is written to it.
type late struct{ t *testing.T }

func (l late) Write(p []byte) (int, error) {
	if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
		l.t.Error(err)
	}
	time.Sleep(50 * time.Millisecond)
	return len(p), nil
}

// TestLateInterrupt: a signal after the output is complete changes nothing.
func TestLateInterrupt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.onnx")
	var stderr bytes.Buffer
	args := []string{"tf2onnx", filepath.Join("..", "..", "testdata", "digits"), "-o", path}
	if code := mainCode(args, nil, late{t}, &stderr); code != exitOK || stderr.Len() > 0 {
		t.Errorf("exit code %d, stderr %q", code, &stderr)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

// TestInterruptedWrite ends a write half way: the old file stays, and no other
// beside it.
func TestInterruptedWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.onnx")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(20*time.Millisecond, cancel)
	err := new(app).write(ctx, path, func(w io.Writer) error {
		for {
			if _, err := w.Write(make([]byte, 1<<10)); err != nil {
				return err
			}
			time.Sleep(time.Millisecond)
		}
	})
	if err == nil {
		t.Error("no error")
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "old" {
		t.Errorf("the old file is %q, %v", data, err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("left %v, %v", left, err)
	}
}
