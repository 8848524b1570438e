package atomicfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func fill(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

// requireFiles fails unless folder has just these files.
func requireFiles(t *testing.T, folder string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, e := range entries {
		have = append(have, e.Name())
	}
	if strings.Join(have, " ") != strings.Join(names, " ") {
		t.Errorf("files %q, want %q", have, names)
	}
}

func requireText(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s: %q, %v, want %q", path, got, err, want)
	}
}

func TestWrite(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "out")
	for _, text := range []string{"first", "2"} {
		if err := Write(path, fill(text)); err != nil {
			t.Fatal(err)
		}
		requireText(t, path, text)
	}
	failed := errors.New("failed")
	if err := Write(path, func(w io.Writer) error { io.WriteString(w, "half"); return failed }); err != failed {
		t.Errorf("%v", err)
	}
	requireText(t, path, "2")
	if err := Write(folder, fill("x")); err == nil {
		t.Error("a folder is written")
	}
	if err := Write(filepath.Join(folder, "none", "out"), fill("x")); err == nil {
		t.Error("a folder is made")
	}
	requireFiles(t, folder, "out")
}

// TestSweep: what killed processes left is removed, and nothing else: not what a
// process writes, other machines' files before they are old, or others' altogether.
func TestSweep(t *testing.T) {
	folder := t.TempDir()
	own, other := ".mixconv-"+host()+"-0123456789abcdef.tmp", ".mixconv-00000000-0123456789abcdef.tmp"
	old := ".mixconv-00000000-aaaaaaaaaaaaaaaa.tmp"
	kept := []string{".mixconv-00000000-0123456789abcdef.tmp", ".mixconv-123456", ".mixconv-notes.tmp", "out"}
	for _, name := range []string{own, other, old, ".mixconv-123456", ".mixconv-notes.tmp"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	long := time.Now().Add(-2 * staleAfter)
	for _, name := range []string{old, ".mixconv-123456", ".mixconv-notes.tmp"} {
		if err := os.Chtimes(filepath.Join(folder, name), long, long); err != nil {
			t.Fatal(err)
		}
	}
	// One that is written meanwhile stays.
	err := Write(filepath.Join(folder, "out"), func(w io.Writer) error {
		if err := Write(filepath.Join(folder, "out"), fill("inner")); err != nil {
			return err
		}
		return fill("outer")(w)
	})
	if err != nil {
		t.Fatal(err)
	}
	requireText(t, filepath.Join(folder, "out"), "outer")
	if !locks {
		os.Remove(filepath.Join(folder, own))
	}
	requireFiles(t, folder, kept...)
}

// TestManyWriters: writers to one folder and file at the same time do not take each
// other's files for stray ones; each file is somebody's, whole.
func TestManyWriters(t *testing.T) {
	folder := t.TempDir()
	texts := []string{strings.Repeat("a", 100_000), strings.Repeat("b", 200_000), strings.Repeat("c", 50_000)}
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for round := range 10 {
				if err := Write(filepath.Join(folder, []string{"x", "y"}[i%2]), fill(texts[(i+round)%3])); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	requireFiles(t, folder, "x", "y")
	for _, name := range []string{"x", "y"} {
		got, _ := os.ReadFile(filepath.Join(folder, name))
		if string(got) != texts[0] && string(got) != texts[1] && string(got) != texts[2] {
			t.Errorf("%s: %d bytes of several writers", name, len(got))
		}
	}
}

func TestLinks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("symbolic links need a privilege on Windows")
	}
	folder := t.TempDir()
	in := func(name string) string { return filepath.Join(folder, name) }
	if err := os.MkdirAll(in("deep/er"), 0o700); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{
		"there": "deep/file", "absent": "deep/new", "twice": "there", "loop": "pool", "pool": "loop",
		"short": "deep/er", "nowhere": "none/file", "deep/er/up": "../upper",
	} {
		if err := os.Symlink(to, in(link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(in("deep/file"), []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, file string }{
		{"there", "deep/file"}, {"twice", "deep/file"}, {"absent", "deep/new"}, {"short/up", "deep/upper"},
	} {
		if err := Write(in(c.path), fill(c.path)); err != nil {
			t.Errorf("%s: %v", c.path, err)
		}
		requireText(t, in(c.file), c.path)
		if info, err := os.Lstat(in(c.path)); err != nil || info.Mode()&os.ModeSymlink == 0 {
			t.Errorf("%s is a link no more", c.path)
		}
	}
	if info, _ := os.Stat(in("deep/file")); info.Mode().Perm() != 0o640 {
		t.Errorf("the mode became %v", info.Mode())
	}
	for _, path := range []string{"loop", "nowhere", "short"} {
		if err := Write(in(path), fill("x")); err == nil {
			t.Errorf("%s is written", path)
		}
	}
	requireFiles(t, folder, "absent", "deep", "loop", "nowhere", "pool", "short", "there", "twice")
}
