package testenv

import (
	"os"
	"strings"
	"testing"
)

// README fails the test if the Go in README.md, or in one of the other pages, is
// not that of the package's example_test.go.
func README(t testing.TB, others ...string) {
	t.Helper()
	source, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append([]string{"README.md"}, others...) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		blocks := strings.Split(string(text), "```go\n")[1:]
		if len(blocks) == 0 {
			t.Errorf("%s has no Go in it", page)
		}
		for _, block := range blocks {
			code, _, _ := strings.Cut(block, "```")
			indented := "\t" + strings.ReplaceAll(strings.TrimSuffix(code, "\n"), "\n", "\n\t")
			if !strings.Contains(string(source), indented) {
				t.Errorf("%s has Go that is not in example_test.go:\n%s", page, code)
			}
		}
	}
}
