//go:build unix

package atomicfile

import (
	"bytes"
	"flag"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

var kills = flag.Int("kills", 25, "how many processes TestKills kills")

// TestKills kills processes that write one version of a file after another, at any moment:
// the file is always one version, whole, and the next process removes what the last one
// has left.
func TestKills(t *testing.T) {
	if path := os.Getenv("MIXCONV_TEST_VERSIONS"); path != "" {
		for n := 0; ; n++ {
			if err := Write(path, version(n)); err != nil {
				t.Fatal(err)
			}
		}
	}
	folder := t.TempDir()
	path := filepath.Join(folder, "out")
	left, torn := 0, 0
	for range *kills {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(os.Args[0], "-test.run=^TestKills$")
		cmd.Env = append(os.Environ(), "MIXCONV_TEST_VERSIONS="+path)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
			if _, err := os.Stat(path); err == nil {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("nothing is written")
			}
		}
		time.Sleep(rand.N(5 * time.Millisecond))
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		cmd.Wait()
		data, err := os.ReadFile(path)
		if err != nil || !whole(data) {
			torn++
			t.Errorf("%d bytes that are no version: %v", len(data), err)
		}
		left += len(strays(folder))
	}
	if err := Write(path, version(0)); err != nil {
		t.Fatal(err)
	}
	end := strays(folder)
	if len(end) > 0 {
		t.Errorf("left at the end: %q", end)
	}
	t.Logf("%d processes killed, %d of them while a file was half written; torn files %d, left at the end %d", *kills, left, torn, len(end))
	if *kills >= 25 && left == 0 {
		t.Error("no process was killed while it wrote")
	}
}

// version writes a number many times over, in pieces.
func version(n int) func(io.Writer) error {
	line := strconv.Itoa(n) + "\n"
	return func(w io.Writer) error {
		for range 16 {
			if _, err := io.WriteString(w, strings.Repeat(line, 1000)); err != nil {
				return err
			}
		}
		return nil
	}
}

// whole reports whether data is one version.
func whole(data []byte) bool {
	number, _, _ := bytes.Cut(data, []byte("\n"))
	n, err := strconv.Atoi(string(number))
	if err != nil {
		return false
	}
	var b bytes.Buffer
	return version(n)(&b) == nil && bytes.Equal(b.Bytes(), data)
}
