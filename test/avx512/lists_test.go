// Package avx512 has the lists that suite.sh reads.
package avx512

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const root = "../.."

// lines are a list's, as fields, without comments.
func lines(t *testing.T, file string) (list [][]string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if fields := strings.Fields(line); len(fields) > 0 && !strings.HasPrefix(line, "#") {
			list = append(list, fields)
		}
	}
	return list
}

// TestPackages: every package of this module that has tests has a line in
// packages.txt, and gets all of its tests within a fortnight.
func TestPackages(t *testing.T) {
	var listed []string
	for _, line := range lines(t, "packages.txt") {
		if len(line) != 3 {
			t.Fatalf("packages.txt: %q, a line is days, parts and a package", line)
		}
		days, err := strconv.Atoi(line[0])
		parts, err2 := strconv.Atoi(line[1])
		if err != nil || err2 != nil || days < 1 || parts < 1 || days*parts > 14 {
			t.Errorf("packages.txt: %s has %s parts every %s days, allowed are 14 days for all", line[2], line[1], line[0])
		}
		listed = append(listed, line[2])
	}
	slices.Sort(listed)
	if have := packages(t); !slices.Equal(listed, have) {
		t.Errorf("packages.txt lists %q, the packages with tests are %q", listed, have)
	}
}

// packages are those of this module that have tests, as paths from its root.
func packages(t *testing.T) (list []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !d.IsDir() {
			return nil
		}
		name := d.Name()
		below, _ := filepath.Rel(root, path)
		if below != "." && (name == "testdata" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || nested(path)) {
			return filepath.SkipDir
		}
		if tests, _ := filepath.Glob(filepath.Join(path, "*_test.go")); len(tests) > 0 {
			if below != "." {
				below = "./" + filepath.ToSlash(below)
			}
			list = append(list, below)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(list)
	return list
}

// nested reports whether a folder is a module of its own.
func nested(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, "go.mod"))
	return err == nil
}

// TestSkipped: only tests of files that run the go command may be left out.
func TestSkipped(t *testing.T) {
	for _, line := range lines(t, "skipped.txt") {
		if len(line) < 3 {
			t.Errorf("skipped.txt: %q, a line is a package, a test and a reason", line)
			continue
		}
		files, err := filepath.Glob(filepath.Join(root, line[0], "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(files, func(file string) bool {
			source, err := os.ReadFile(file)
			return err == nil && bytes.Contains(source, []byte("func "+line[1]+"(")) && bytes.Contains(source, []byte(`exec.Command("go"`))
		}) {
			t.Errorf("skipped.txt: no file of %s has %s and runs the go command", line[0], line[1])
		}
	}
}
