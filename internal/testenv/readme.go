package testenv

import (
	"os"
	"strings"
	"testing"
)

// README fails the test if the Go in the package's README.md is not that of its
// example_test.go.
func README(t testing.TB) {
	t.Helper()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(readme), "```go\n")[1:]
	if len(blocks) == 0 {
		t.Error("the README has no Go in it")
	}
	for _, block := range blocks {
		code, _, _ := strings.Cut(block, "```")
		indented := "\t" + strings.ReplaceAll(strings.TrimSuffix(code, "\n"), "\n", "\n\t")
		if !strings.Contains(string(source), indented) {
			t.Errorf("not in example_test.go:\n%s", code)
		}
	}
}
