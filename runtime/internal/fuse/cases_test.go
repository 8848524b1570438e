package fuse

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/graph/graphtest"
)

var update = flag.Bool("update", false, "write anew what passes make of the cases")

// TestCases runs every pass on the graphs of its own folder in testdata. A file has the
// graph before, as graph.Graph.Dump writes it, a line ---, and the graph behind, which
// computes the same to the bit: no number is computed otherwise by the reference engine.
func TestCases(t *testing.T) {
	for _, pass := range Table {
		files, err := filepath.Glob(filepath.Join("testdata", pass.Name, "*.txt"))
		if err != nil {
			t.Fatal(err)
		}
		applied := 0
		for _, file := range files {
			t.Run(strings.TrimSuffix(filepath.ToSlash(file), ".txt"), func(t *testing.T) {
				if testCase(t, pass, file) {
					applied++
				}
			})
		}
		if applied == 0 || applied == len(files) {
			t.Errorf("%s: it changes %d of %d cases, must be one at least, and leave one", pass.Name, applied, len(files))
		}
	}
}

func testCase(t *testing.T, pass Pass, file string) (changed bool) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, want, _ := strings.Cut(strings.ReplaceAll(string(data), "\r\n", "\n"), "---\n")
	b := limit.NewLoad(t.Context(), limit.Limits{})
	g, err := graphtest.Parse(before)
	if err == nil {
		err = g.Infer(b, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	original, err := g.Clone(b)
	if err != nil {
		t.Fatal(err)
	}
	nodes := len(g.Nodes)
	if err := pass.over(b, g); err != nil {
		t.Fatal(err)
	}
	if err := graphtest.Check(g); err != nil {
		t.Error(err)
	}
	if compared, err := graphtest.Same(original, g, graphtest.Tolerance{}); err != nil || !compared {
		t.Errorf("compared: %v, error %v", compared, err)
	}
	got := dumped(t, g)
	if *update {
		if err := os.WriteFile(file, []byte(before+"---\n"+got), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if got != want {
		t.Errorf("it makes\n%s\nwant\n%s\nif the change is meant, run go test -update and read the difference", got, want)
	}
	return len(g.Nodes) < nodes
}

func dumped(t *testing.T, g *graph.Graph) string {
	t.Helper()
	var b strings.Builder
	if err := g.Dump(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
