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

// TestPackages: each line of packages.txt is a package with tests, all of which have
// their day within four weeks.
func TestPackages(t *testing.T) {
	for _, line := range lines(t, "packages.txt") {
		if len(line) != 3 && len(line) != 4 {
			t.Fatalf("packages.txt: %q, a line is days, parts, a package and perhaps tests", line)
		}
		days, err := strconv.Atoi(line[0])
		parts, err2 := strconv.Atoi(line[1])
		if err != nil || err2 != nil || days < 1 || parts < 1 || days*parts > 28 {
			t.Errorf("packages.txt: %s has %s parts every %s days, allowed are 28 days for all", line[2], line[1], line[0])
		}
		if tests, err := filepath.Glob(filepath.Join(root, line[2], "*_test.go")); err != nil || len(tests) == 0 {
			t.Errorf("packages.txt: %s has no tests", line[2])
		}
	}
}

// TestScriptsAreListed: the command's scripts are tests of one name, so packages.txt
// names each of them.
func TestScriptsAreListed(t *testing.T) {
	listed := map[string]bool{}
	for _, line := range lines(t, "packages.txt") {
		if names, ok := strings.CutPrefix(line[len(line)-1], "^TestScripts$/^("); ok {
			for name := range strings.SplitSeq(strings.TrimSuffix(names, ")$"), "|") {
				listed[name] = true
			}
		}
	}
	scripts, err := filepath.Glob(filepath.Join(root, "cmd/mixconv/testdata/script/*.txtar"))
	if err != nil || len(scripts) != len(listed) {
		t.Errorf("%d scripts, packages.txt has %d, %v", len(scripts), len(listed), err)
	}
	for _, script := range scripts {
		if name := strings.TrimSuffix(filepath.Base(script), ".txtar"); !listed[name] {
			t.Errorf("packages.txt does not name the script %s", name)
		}
	}
}

// TestSkipped: only tests of packages whose tests run the go command may be left out.
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
		for _, want := range []string{"func " + line[1] + "(", `exec.Command("go"`} {
			if !slices.ContainsFunc(files, func(file string) bool {
				source, err := os.ReadFile(file)
				return err == nil && bytes.Contains(source, []byte(want))
			}) {
				t.Errorf("skipped.txt: no test file of %s has %q", line[0], want)
			}
		}
	}
}
