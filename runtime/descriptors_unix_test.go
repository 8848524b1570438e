//go:build unix

package runtime

import (
	"context"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"syscall"
	"testing"
)

// fewFiles is how many files the processes of TestFewDescriptors may have open.
const fewFiles = 256

// TestFewDescriptors: sessions hold no files open. In a process that may have few of
// them, many models are loaded one after another and never closed, and many sessions
// live at the same time and run.
func TestFewDescriptors(t *testing.T) {
	sameEverywhere(t)
	if path := os.Getenv("MIXCONV_TEST_FEW_FILES"); path != "" {
		lowered := syscall.Rlimit{Cur: fewFiles, Max: fewFiles}
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &lowered); err != nil {
			t.Fatal(err)
		}
		loadMany(t, path, 10_000, 2_000)
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestFewDescriptors$")
	cmd.Env = append(os.Environ(), "MIXCONV_TEST_FEW_FILES="+writeModel(t, smallStored()))
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "PASS") {
		t.Errorf("%v\n%s", err, out)
	}
}

func loadMany(t *testing.T, path string, loads, sessions int) {
	for i := range loads {
		if _, err := Load(path, Options{}); err != nil {
			t.Fatalf("load %d: %v", i, err)
		}
	}
	var alive []*Session
	for i := range sessions {
		s, err := Load(path, Options{})
		if err != nil {
			t.Fatalf("session %d: %v", i, err)
		}
		alive = append(alive, s)
	}
	in := randomInput(alive[0], 1, 1)
	want := run(t, alive[0], in)
	for i, s := range alive {
		out, err := s.Run(context.Background(), in)
		if err != nil || !reflect.DeepEqual(out, want) {
			t.Fatalf("session %d: results differ, error %v", i, err)
		}
	}
}

// TestReplacedFile: a session goes on, with new shapes too, after its file was
// replaced or removed; one that was cut off or written over is an error.
func TestReplacedFile(t *testing.T) {
	want := newSession(t, largeWeights(), Options{})
	other, err := os.ReadFile(writeModel(t, network()))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func(path string) error
		ok     bool
	}{
		{"replaced", func(path string) error {
			if err := os.WriteFile(path+".new", other, 0o600); err != nil {
				return err
			}
			return os.Rename(path+".new", path)
		}, true},
		{"removed", os.Remove, true},
		{"cut off", func(path string) error { return os.Truncate(path, 0) }, false},
		{"cut off in the middle", func(path string) error { return os.Truncate(path, 5000) }, false},
		{"cut off and removed", func(path string) error {
			if err := os.Truncate(path, 5000); err != nil {
				return err
			}
			return os.Remove(path)
		}, false},
		{"written over", func(path string) error { return os.WriteFile(path, other, 0o600) }, false},
	} {
		path := writeModel(t, largeWeights())
		s, err := Load(path, Options{Threads: 2})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.change(path); err != nil {
			t.Fatal(err)
		}
		for batch := 1; batch <= 3; batch++ {
			in := randomInput(want, batch, 1)
			out, err := s.Run(context.Background(), in)
			if (err == nil) != c.ok || err != nil && (!strings.Contains(err.Error(), "reading weights: the file") || internal(err)) {
				t.Errorf("%s, batch %d: %v", c.name, batch, err)
			}
			if err == nil && !reflect.DeepEqual(out, run(t, want, in)) {
				t.Errorf("%s, batch %d: another result", c.name, batch)
			}
		}
		s.Close()
	}
}
