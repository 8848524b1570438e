package runtime

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/runtime/internal/graph/graphtest"
	"github.com/mixconv/mixconv/runtime/internal/pass"
)

// Behind every pass of every test the graph is checked and, where it is small, run on
// the reference engine as before and behind it.
func init() { pass.Watch = graphtest.Watch }

// TestDumpsAreReadAgain: the graphs of all cases, before and behind the passes, are read
// from their dumps. Only graphs in attributes are not in the text.
func TestDumpsAreReadAgain(t *testing.T) {
	sessions := map[string]*Session{}
	for _, c := range engineCases {
		sessions[c.name] = newSession(t, c.model(), Options{})
	}
	files, err := filepath.Glob("testdata/cases/*/*.onnx")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		if sessions[file], err = Load(file, Options{}); err != nil {
			t.Fatal(err)
		}
	}
	for name, s := range sessions {
		for _, stage := range []string{"typed", "passed"} {
			var first, again bytes.Buffer
			if err := s.Dump(&first, stage); err != nil {
				t.Fatal(err)
			}
			g, err := graphtest.Parse(first.String())
			if err != nil && strings.Contains(first.String(), "=graph(") && strings.Contains(err.Error(), "attributes of type graph") {
				continue
			}
			if err != nil {
				t.Errorf("%s, %s: %v in\n%s", name, stage, err, &first)
				continue
			}
			if err := g.Dump(&again); err != nil || first.String() != again.String() {
				t.Errorf("%s, %s: error %v; %s\nis read as\n%s", name, stage, err, &first, &again)
			}
		}
	}
}
