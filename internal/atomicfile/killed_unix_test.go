//go:build unix

package atomicfile

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestKilled: a process that is killed while it writes leaves the old file whole,
// and the next one that writes there removes what it has left.
func TestKilled(t *testing.T) {
	if path := os.Getenv("MIXCONV_TEST_WRITE"); path != "" {
		t.Log(Write(path, func(w io.Writer) error {
			for {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return err
				}
				time.Sleep(time.Millisecond)
			}
		}))
		return
	}
	folder := t.TempDir()
	path := filepath.Join(folder, "out")
	if err := Write(path, fill("old")); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		before := strays(folder) // what the process killed last has left
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilled$")
		cmd.Env = append(os.Environ(), "MIXCONV_TEST_WRITE="+path)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		writes := func() bool { // and so has locked its file
			for _, file := range strays(folder) {
				if info, err := os.Stat(file); err == nil && info.Size() > 0 && !slices.Contains(before, file) {
					return true
				}
			}
			return false
		}
		for deadline := time.Now().Add(20 * time.Second); !writes(); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("nothing is written")
			}
		}
		// While it runs, others leave its file alone.
		if err := Write(filepath.Join(folder, "beside"), fill("x")); err != nil || len(strays(folder)) != 1 {
			t.Errorf("files %q of a running process, error %v", strays(folder), err)
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		cmd.Wait()
		requireText(t, path, "old")
		if len(strays(folder)) != 1 {
			t.Errorf("%q are left", strays(folder))
		}
	}
	if err := Write(path, fill("new")); err != nil {
		t.Fatal(err)
	}
	requireText(t, path, "new")
	requireFiles(t, folder, "beside", "out")
}

// strays are the files that have been begun in a folder.
func strays(folder string) []string {
	list, _ := filepath.Glob(filepath.Join(folder, ".mixconv-*"))
	return list
}

// TestDirect: devices, pipes and what a process has open are written, not replaced.
func TestDirect(t *testing.T) {
	if err := Write(os.DevNull, fill("x")); err != nil {
		t.Error(err)
	}
	if info, err := os.Lstat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Fatalf("%s is %v, %v", os.DevNull, info, err)
	}
	folder := t.TempDir()
	pipe := filepath.Join(folder, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	read := make(chan string, 1)
	go func() {
		text, _ := os.ReadFile(pipe)
		read <- string(text)
	}()
	if err := Write(pipe, fill("through")); err != nil {
		t.Error(err)
	}
	if got := <-read; got != "through" {
		t.Errorf("the pipe got %q", got)
	}
	if _, err := os.Stat("/dev/stdout"); err != nil {
		t.Skip(err)
	}
	if os.Getenv("MIXCONV_TEST_STDOUT") != "" {
		if err := Write("/dev/stdout", fill("result;")); err != nil {
			t.Error(err)
		}
		return
	}
	out, err := os.Create(filepath.Join(folder, "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	out.WriteString("before;")
	cmd := exec.Command(os.Args[0], "-test.run=^TestDirect$")
	cmd.Env, cmd.Stdout = append(os.Environ(), "MIXCONV_TEST_STDOUT=1"), out
	if err := cmd.Run(); err != nil {
		t.Error(err)
	}
	if got, _ := os.ReadFile(out.Name()); !strings.HasPrefix(string(got), "before;result;") {
		t.Errorf("standard output has %q", got)
	}
}
