package pass

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/graph/graphtest"
	"github.com/mixconv/mixconv/tensor"
)

var update = flag.Bool("update", false, "write anew what passes make of the cases")

// unchanged stands for the graph behind a pass that did nothing.
const unchanged = "unchanged\n"

// TestCases runs every pass once on the graphs of its own folder in testdata. A file has
// the graph before, as graph.Graph.Dump writes it, a line ---, and the graph behind. What
// changed is checked, and computes what the graph before does.
func TestCases(t *testing.T) {
	for _, p := range Table {
		files, err := filepath.Glob(filepath.Join("testdata", p.Name, "*.txt"))
		if err != nil {
			t.Fatal(err)
		}
		applied := 0
		for _, file := range files {
			t.Run(strings.TrimSuffix(filepath.ToSlash(file), ".txt"), func(t *testing.T) {
				if testCase(t, &p, file) {
					applied++
				}
			})
		}
		if applied == 0 || applied == len(files) {
			t.Errorf("%s: it changes %d of %d cases, must be one at least, and leave one", p.Name, applied, len(files))
		}
	}
}

func testCase(t *testing.T, p *Pass, file string) (changed bool) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, want, _ := strings.Cut(strings.ReplaceAll(string(data), "\r\n", "\n"), "---\n")
	g := parsed(t, before)
	original, err := g.Clone(budget())
	if err != nil {
		t.Fatal(err)
	}
	if changed, err = p.try(budget(), g); err != nil {
		t.Fatal(err)
	}
	got := unchanged
	if changed {
		g.Sweep()
		if err := graphtest.Check(g); err != nil {
			t.Error(err)
		}
		got = dumped(t, g)
		if compared, err := graphtest.Same(original, g, graphtest.Allowed(p.Name)); err != nil || !compared {
			t.Errorf("compared: %v, error %v", compared, err)
		}
	} else if got := dumped(t, g); got != dumped(t, original) {
		t.Errorf("it says that it changes nothing, and makes\n%s", got)
	}
	if *update {
		if err := os.WriteFile(file, []byte(before+"---\n"+got), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if got != want {
		t.Errorf("it makes\n%s\nwant\n%s\nif the change is meant, run go test -update and read the difference", got, want)
	}
	return changed
}

// floatsAlone is what kernels of float32 say.
func floatsAlone(d tensor.DType) bool { return d == tensor.Float32 }

func budget() *limit.Budget { return limit.NewLoad(context.Background(), limit.Limits{}) }

// parsed reads a graph and infers the types that it leaves out.
func parsed(t *testing.T, text string) *graph.Graph {
	t.Helper()
	g, err := graphtest.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Infer(budget(), nil); err != nil {
		t.Fatal(err)
	}
	if err := graphtest.Check(g); err != nil {
		t.Fatal(err)
	}
	return g
}

func dumped(t *testing.T, g *graph.Graph) string {
	t.Helper()
	var b strings.Builder
	if err := g.Dump(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestRun applies all passes, as long as one changes something, to the graph of every
// case. Each is checked as those of package runtime's tests are.
func TestRun(t *testing.T) {
	Watch = graphtest.Watch
	defer func() { Watch = nil }()
	files, err := filepath.Glob("testdata/*/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		before, _, _ := strings.Cut(strings.ReplaceAll(string(data), "\r\n", "\n"), "---\n")
		g := parsed(t, before)
		if err := Run(budget(), g, floatsAlone); err != nil {
			t.Errorf("%s: %v\n%s", file, err, dumped(t, g))
		}
	}
}
