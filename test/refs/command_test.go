package refs

import (
	"encoding/json"
	"errors"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/verify"
)

// program is the command mixconv, built in a folder of its own.
type program string

func buildProgram(t *testing.T) program {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mixconv")
	if out, err := exec.Command("go", "build", "-o", path, "../../cmd/mixconv").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program(path)
}

// verify runs `mixconv verify` with --json and returns what it prints, and its
// exit code. Where that is neither pass nor different, the test ends.
func (p program) verify(t *testing.T, args ...string) (*verify.Comparison, int) {
	t.Helper()
	var stdout, stderr strings.Builder
	cmd := exec.Command(string(p), slices.Concat([]string{"verify", "--json"}, args)...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if e := (*exec.ExitError)(nil); err != nil && !errors.As(err, &e) {
		t.Fatal(err)
	}
	code := cmd.ProcessState.ExitCode()
	var report verify.Report
	if code > 1 || json.Unmarshal([]byte(stdout.String()), &report) != nil || len(report.References) != 1 || report.Pass != report.References[0].Pass {
		t.Fatalf("%q: exit code %d\n%s%s", args, code, &stdout, &stderr)
	}
	return report.References[0], code
}

// requireFound demands of a model in which an error was planted exit code 1 and
// the place of the error.
func (p program) requireFound(t *testing.T, what, first string, args ...string) {
	t.Helper()
	c, code := p.verify(t, args...)
	switch {
	case code != 1 || c.Pass:
		t.Errorf("%s: exit code %d, pass %v", what, code, c.Pass)
	case c.FirstDifferent == nil || *c.FirstDifferent != first:
		t.Errorf("%s: first different %v, want %s", what, c.FirstDifferent, first)
	}
}
