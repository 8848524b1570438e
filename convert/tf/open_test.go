package tf

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/tf/internal/bundletest"
	"github.com/mixconv/mixconv/convert/tf/internal/graphtest"
	"github.com/mixconv/mixconv/errs"
)

// copyDigits puts the digits checkpoint into a new folder, as name.
func copyDigits(t *testing.T, name string) (folder string) {
	folder = t.TempDir()
	for _, suffix := range []string{".index", ".data-00000-of-00001"} {
		data, err := os.ReadFile(digits + suffix)
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(folder, name+suffix), data)
	}
	return folder
}

func metaGraphDef(graph []byte, tags ...string) []byte {
	var info []byte
	for _, tag := range tags {
		info = graphtest.Bytes(info, 4, []byte(tag))
	}
	return graphtest.Bytes(graphtest.Bytes(nil, 1, info), 2, graph)
}

func savedModel(metaGraphs ...[]byte) []byte {
	b := []byte{8, 1} // schema version
	for _, m := range metaGraphs {
		b = graphtest.Bytes(b, 2, m)
	}
	return b
}

// What a path may be, and what else is beside it.
// TestFiles lists every file that was read, so that none gets overwritten.
func TestFiles(t *testing.T) {
	folder := t.TempDir()
	for name, data := range bundletest.Files("m", tensorsOf(synthesize(small(t), official)), 2, bundletest.TableOptions{}) {
		writeFile(t, filepath.Join(folder, name), data)
	}
	writeFile(t, filepath.Join(folder, stateFile), []byte(`model_checkpoint_path: "m"`))
	source, err := Load(folder, convert.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"m.index", "m.data-00000-of-00002", "m.data-00001-of-00002", stateFile} {
		if i >= len(source.Files) || source.Files[i] != filepath.Join(folder, want) {
			t.Fatalf("files %q, want %s as number %d", source.Files, want, i)
		}
	}
}

// TestNoNetwork: whole tensors of something else are told from broken ones.
func TestNoNetwork(t *testing.T) {
	path := write(t, []bundletest.Tensor{bundletest.Floats("dense/kernel", make([]float32, 6), 2, 3)}, 1)
	var none *NoNetworkError
	if _, err := Load(path, convert.Options{}); !errors.As(err, &none) || !strings.HasPrefix(err.Error(), errs.Quote(path)+": not a MixNet") {
		t.Errorf("error %v", err)
	}
	shard := path + ".data-00000-of-00001"
	data, err := os.ReadFile(shard)
	if err != nil {
		t.Fatal(err)
	}
	data[5] ^= 1
	writeFile(t, shard, data)
	if _, err := Load(path, convert.Options{}); err == nil || errors.As(err, &none) || !strings.Contains(err.Error(), "CRC-32C") {
		t.Errorf("error %v", err)
	}
}

func TestOpen(t *testing.T) {
	state := func(s string) map[string]string { return map[string]string{"checkpoint": s} }
	saved := func(b []byte) map[string]string { return map[string]string{"saved_model.pb": string(b)} }
	empty := graphtest.Graph(graphtest.Node("x", "Placeholder", nil, graphtest.ShapeAttr("shape", -1, 64, 64, 3)))
	for _, c := range []struct {
		name   string
		prefix string // of the checkpoint in the folder
		files  map[string]string
		path   string
		want   string // in the error
	}{
		{"prefix", "m", nil, "m", ""},
		{"index file", "m", nil, "m.index", ""},
		{"shard", "m", nil, "m.data-00000-of-00001", ""},
		{"folder with one checkpoint", "m", nil, "", ""},
		{"folder with two", "m", map[string]string{"n.index": ""}, "", "2 .index files: m.index, n.index"},
		{"empty folder", "sub/m", nil, "", "0 .index files"},
		{"nothing", "m", nil, "n", "neither a file or folder nor a checkpoint's prefix"},

		{"state file", "m", state("model_checkpoint_path: \"m\"\nall_model_checkpoint_paths: \"../x\"\n"), "", ""},
		{"state file itself", "m", state(`model_checkpoint_path: "m"`), "checkpoint", ""},
		{"state file, subfolder", "sub/m", state(`model_checkpoint_path: "./sub/m"`), "", ""},
		{"state file of another machine", "m", state(`model_checkpoint_path: "/train/run 1/m"`), "", ""},
		{"state file of a bucket", "m", state(`model_checkpoint_path: "gs://bucket/m"`), "", ""},
		{"state file that leads out", "m", state(`model_checkpoint_path: "../x"`), "", `../x leads out of the folder`},
		{"state file that leads out later", "m", state(`model_checkpoint_path: "a/../../x"`), "", "leads out of the folder"},
		{"state file with backslashes", "m", state(`model_checkpoint_path: "a\\..\\..\\x"`), "", "leads out of the folder"},
		{"state file that names the folder", "m", state(`model_checkpoint_path: "."`), "", "no checkpoint's prefix"},
		{"state file without path", "m", state("x: \"m\"\n"), "", "no model_checkpoint_path"},
		{"state file with two", "m", state("model_checkpoint_path: \"m\"\nmodel_checkpoint_path: \"m\"\n"), "", "twice"},
		{"state file without quotes", "m", state("model_checkpoint_path: m\n"), "", "a path in quotes"},
		{"state file of nothing", "m", state(`model_checkpoint_path: "n"`), "", "n.index: "},

		{"SavedModel", "variables/variables", saved(savedModel(metaGraphDef(empty, "serve"))), "", ""},
		{"its file", "variables/variables", saved(savedModel(metaGraphDef(empty, "train"))), "saved_model.pb", ""},
		{"two graphs", "variables/variables", saved(savedModel(metaGraphDef(nil, "train"), metaGraphDef(empty, "serve", "tpu"))), "", ""},
		{"two graphs, none to serve", "variables/variables", saved(savedModel(metaGraphDef(nil, "train"), metaGraphDef(nil, "eval", "gpu"))), "", `has the tag serve; tags: train, eval,gpu`},
		{"no graph", "variables/variables", saved(savedModel()), "", "none of its 0 graphs"},
		{"empty SavedModel", "variables/variables", saved(nil), "", "saved_model.pb: the file is empty"},
		{"broken SavedModel", "variables/variables", saved([]byte{0x12, 9}), "", "offset 0x0"},
		{"broken graph", "variables/variables", saved(savedModel(metaGraphDef([]byte{0x0a, 9}, "serve"))), "", "protobuf: field 1"},
		{"SavedModel as text", "variables/variables", map[string]string{"saved_model.pbtxt": "x"}, "", "saved_model.pb is supported"},
		{"SavedModel without variables", "m", saved(savedModel(metaGraphDef(empty, "serve"))), "", "variables.index"},
		{"graph as text", "m", map[string]string{"g.pbtxt": "node {}"}, "g.pbtxt", "binary form"},
		{"empty graph", "m", map[string]string{"g.pb": ""}, "g.pb", "the file is empty"},
		{"another file", "m", map[string]string{"g.onnx": "<html>"}, "g.onnx", "this is an HTML page"},
	} {
		folder := copyDigits(t, c.prefix)
		for name, data := range c.files {
			writeFile(t, filepath.Join(folder, name), []byte(data))
		}
		s, err := Load(filepath.Join(folder, c.path), convert.Options{})
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want == "" && s.Network.Classes != 10:
			t.Errorf("%s: %d classes", c.name, s.Network.Classes)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n")):
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

// A folder whose name is a pattern is that folder.
func TestFolderNameIsNoPattern(t *testing.T) {
	folder := filepath.Join(copyDigits(t, "a[b]*/m"), "a[b]*")
	if _, err := Load(folder, convert.Options{}); err != nil {
		t.Error(err)
	}
}
