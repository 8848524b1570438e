package tf

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/convert/tf/internal/graphtest"
	"github.com/mixconv/mixconv/limit"
)

// FuzzState: a state file leads to no place outside its folder.
func FuzzState(f *testing.F) {
	for _, seed := range []string{`model_checkpoint_path: "model.ckpt-1600"`, "model_checkpoint_path: \"/home/me/m\"\nall_model_checkpoint_paths: \"m\"",
		`model_checkpoint_path: "../../etc/passwd"`, `model_checkpoint_path: "gs://bucket/..\\..\\m"`, `model_checkpoint_path: "a/./b//c"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		prefix, err := parseState(text)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than a line: %q", err)
			}
			return
		}
		if !filepath.IsLocal(filepath.FromSlash(prefix)) || filepath.Clean(prefix) == "." {
			t.Errorf("%q leads to %q", text, prefix)
		}
	})
}

// FuzzSavedModel: a SavedModel's graph is read and looked through, or is an error of a
// line.
func FuzzSavedModel(f *testing.F) {
	graph := graphtest.Graph(
		graphtest.Node("p", "Placeholder", nil, graphtest.ShapeAttr("shape", -1, 8, 8, 3)),
		graphtest.Node("c", "Conv2D", []string{"p", "p"}, graphtest.IntsAttr("strides", 1, 2, 2, 1), graphtest.StringAttr("padding", "SAME")),
		graphtest.Node("b", "FusedBatchNormV3", []string{"c", "c", "c", "c", "c"}, graphtest.FloatAttr("epsilon", 1)),
	)
	f.Add(savedModel(metaGraphDef(graph, "serve")))
	f.Add(savedModel(metaGraphDef(nil, "train"), metaGraphDef(graph, "serve", "gpu")))
	f.Add([]byte{0x12, 9})
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := servingGraph(data, limit.Limits{}.OrDefault())
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than a line: %q", err)
			}
			return
		}
		newGraphInfo(g, "saved_model.pb", false)
	})
}
