package mixconv_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/mixconv/mixconv"

// layers has for every package, by its path below the module, the packages of
// this module that it may import directly. Internal packages of a folder may
// import what the folder may, and the folder's other internal ones. The table
// is the architecture: imports run downward only.
var layers = []struct {
	folder string
	may    string
}{
	{"tensor", ""},
	{"errs", ""},
	{"limit", ""},
	{"metadata", ""},
	{"internal/atomicfile", ""},
	{"internal/regular", "errs"},
	{"internal/zipfile", "errs limit"},
	{"internal/filetype", "errs internal/zipfile"},
	{"internal/testdisk", ""},
	{"internal/testenv", ""},
	{"internal/page", ""},
	{"internal/blocks", ""},
	{"internal/draw", ""},
	{"internal/diff", "verify onnx onnx/onnxpb onnx/dump tensor internal/page internal/blocks"},
	{"npy", "tensor errs limit internal/regular internal/zipfile internal/filetype"},
	// A file's way into a model: each step knows only those before it.
	{"onnx/onnxpb", ""},
	{"onnx/internal/fieldpath", "errs"},
	{"onnx/internal/source", "errs internal/regular"},
	{"onnx/internal/cut", ""},
	{"onnx/internal/wirescan", "errs onnx/internal/fieldpath"},
	{"onnx/internal/message", "onnx/onnxpb errs onnx/internal/fieldpath"},
	{"onnx/internal/decode", "onnx/onnxpb errs limit internal/filetype onnx/internal/wirescan onnx/internal/message"},
	{"onnx/internal/elements", "onnx/onnxpb tensor errs onnx/internal/fieldpath"},
	{"onnx", "onnx/onnxpb tensor errs limit internal/atomicfile onnx/internal/source onnx/internal/cut onnx/internal/decode onnx/internal/message onnx/internal/elements onnx/internal/fieldpath"},
	// What is done with a model, which does not know of it.
	{"onnx/check", "onnx onnx/onnxpb tensor errs limit onnx/internal/message onnx/internal/elements onnx/internal/fieldpath"},
	{"onnx/inline", "onnx onnx/check onnx/onnxpb errs limit onnx/internal/message onnx/internal/fieldpath"},
	{"onnx/dump", "onnx onnx/onnxpb tensor onnx/internal/message onnx/internal/elements"},
	{"onnx/mdconv", "onnx onnx/onnxpb tensor errs limit onnx/internal/message"},
	{"onnx/internal/onnxtest", "onnx onnx/dump onnx/onnxpb tensor limit"},
	{"ops/op", ""},
	{"ops/eval", "ops ops/op tensor errs limit"},
	{"ops", "ops/op tensor errs limit"},
	{"convert/internal/misfit", ""},
	{"convert/tf", "convert convert/internal/misfit onnx ops tensor errs limit internal/regular internal/filetype"},
	{"convert/torch", "convert convert/internal/misfit preprocess onnx ops npy tensor errs limit internal/regular internal/zipfile internal/filetype"},
	{"convert", "metadata preprocess onnx onnx/onnxpb onnx/mdconv ops tensor errs limit"},
	// A graph's way into a run: see "Who decides what" in ARCHITECTURE.md.
	{"runtime/internal/act", ""},
	{"runtime/internal/graph", "runtime/internal/act onnx onnx/check onnx/inline onnx/onnxpb onnx/mdconv ops ops/op ops/eval tensor errs limit"},
	{"runtime/internal/graph/graphtest", "runtime/internal/act runtime/internal/graph ops ops/op tensor limit"},
	{"runtime/internal/pass", "runtime/internal/act runtime/internal/graph ops ops/op tensor errs limit"},
	{"runtime/internal/kernel", "runtime/internal/act tensor errs"},
	{"runtime/internal/fuse", "runtime/internal/graph runtime/internal/kernel ops ops/op tensor limit"},
	{"runtime/internal/plan", "runtime/internal/graph runtime/internal/pass runtime/internal/kernel runtime/internal/fuse ops ops/op ops/eval tensor errs limit"},
	{"runtime", "runtime/internal/graph runtime/internal/pass runtime/internal/kernel runtime/internal/fuse runtime/internal/plan onnx onnx/check onnx/inline onnx/dump onnx/onnxpb onnx/mdconv ops ops/op ops/eval tensor errs limit"},
	{"verify", "metadata runtime onnx onnx/onnxpb onnx/mdconv preprocess npy tensor errs limit internal/atomicfile internal/page"},
	{"verify/conform", "runtime onnx onnx/onnxpb onnx/mdconv ops tensor errs limit"},
	{"preprocess", "metadata tensor errs limit internal/regular internal/filetype"},
	{"testdata/digits", "npy tensor limit"},
	{"internal/playground/web", "internal/playground internal/page limit"},
	{"internal/playground", ". onnx onnx/mdconv preprocess runtime tensor limit"},
	{"cmd/mixconv-wasm", ". internal/playground onnx limit"},
	// A request's way: a wire (rest), a model's queue (schedule), a run.
	{"serve/internal/oip", "preprocess tensor errs limit"},
	{"serve/internal/schedule", "tensor"},
	{"serve/internal/guard", "errs"},
	{"serve/internal/model", ". internal/playground preprocess runtime onnx tensor errs limit serve/internal/oip serve/internal/schedule"},
	{"serve/internal/repository", "errs serve/internal/model serve/internal/oip"},
	{"serve/internal/rest", "preprocess runtime tensor errs serve/internal/oip serve/internal/guard serve/internal/model serve/internal/repository"},
	{"serve/internal/oippb", ""},
	{"serve/internal/observe", "errs serve/internal/oip"},
	{"serve/internal/rpc", "runtime tensor errs serve/internal/oip serve/internal/oippb serve/internal/guard serve/internal/model serve/internal/repository"},
	{"serve/conformance", "serve/internal/oippb"},
	{"serve", "limit serve/internal/observe internal/playground internal/playground/web serve/internal/rest serve/internal/rpc serve/internal/guard serve/internal/model serve/internal/repository serve/internal/schedule"},
	// Pictures in bulk: a source, goroutines that answer, parts.
	{"score", ". metadata runtime onnx/onnxpb errs internal/atomicfile internal/regular limit"},
	{"internal/preparation", "metadata onnx preprocess errs"},
	{"internal/scorecommand", ". score internal/preparation preprocess tensor errs limit"},
	{"cmd", ". metadata convert convert/tf convert/torch runtime verify verify/conform preprocess onnx onnx/check onnx/dump onnx/mdconv ops npy tensor errs limit internal/atomicfile internal/regular testdata/digits internal/filetype internal/page internal/blocks internal/diff internal/draw internal/preparation internal/scorecommand score serve serve/conformance"},
	{"docs", ""},
	{"examples", "."},
	{"test", "*"},
	{".", "metadata preprocess runtime onnx onnx/onnxpb tensor errs limit"},
}

// TestImportsRunDownward holds what the packages import, tests left out,
// against the table.
func TestImportsRunDownward(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...", "./testdata/digits").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		pkg := below(fields[0])
		layer, may := layerOf(pkg)
		if layer == "" {
			t.Errorf("package %s has no place in the table of layers", pkg)
			continue
		}
		for _, imported := range fields[1:] {
			if !strings.HasPrefix(imported, module) {
				continue
			}
			target := below(imported)
			if to, _ := layerOf(target); to == layer && strings.HasPrefix(target, layer+"/internal/") {
				continue
			}
			if !slices.Contains(may, target) && !slices.Contains(may, "*") {
				t.Errorf("%s imports %s; %s may import %q", pkg, target, layer, may)
			}
		}
	}
}

// TestDependenciesStayOut: what would weigh on an app that embeds the engine,
// or belongs to the command, is not even reached indirectly.
func TestDependenciesStayOut(t *testing.T) {
	for pkg, never := range map[string][]string{
		"./runtime":  {module + "/npy", "net"},
		"./convert":  {module + "/runtime", module + "/ops/eval", "net"},
		"./onnx/...": {module + "/ops", "github.com", "net"},
		"./ops/...":  {module + "/onnx", "google.golang.org/protobuf", "github.com", "net"},
		".":          {module + "/convert", module + "/npy", module + "/verify", "net"},
	} {
		out, err := exec.Command("go", "list", "-deps", pkg).Output()
		if err != nil {
			t.Fatal(err)
		}
		for dep := range strings.Lines(string(out)) {
			dep = strings.TrimSpace(dep)
			for _, no := range never {
				own := strings.HasPrefix(dep, module) && !strings.HasPrefix(no, module)
				if !own && (dep == no || strings.HasPrefix(dep, no+"/")) {
					t.Errorf("%s depends on %s", pkg, dep)
				}
			}
		}
	}
}

// embedded are the modules that a program which imports this one's root package or
// runtime is built with; nothing else may be reached, not even indirectly.
var embedded = []string{module, "google.golang.org/protobuf", "golang.org/x/sys"}

// TestModulesThatAnAppEmbeds holds the modules that the packages for an app are built
// from, tests left out, against the list of those allowed, on every platform.
func TestModulesThatAnAppEmbeds(t *testing.T) {
	for _, platform := range []string{"linux/amd64", "darwin/arm64", "windows/amd64", "js/wasm"} {
		system, processor, _ := strings.Cut(platform, "/")
		list := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}} {{.ImportPath}}", ".", "./runtime")
		list.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+processor)
		out, err := list.Output()
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		for line := range strings.Lines(string(out)) {
			from, pkg, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
			found[from] = true
			if from != "" && !slices.Contains(embedded, from) { // the standard library has no module
				t.Errorf("%s: %s of module %s, allowed are %q", platform, pkg, from, embedded)
			}
		}
		for _, from := range embedded {
			if !found[from] && !(platform == "js/wasm" && from == "golang.org/x/sys") {
				t.Errorf("%s: nothing of module %s, which the list has", platform, from)
			}
		}
	}
}

// below is an import path relative to the module, "." for its root.
func below(path string) string {
	if path == module {
		return "."
	}
	return strings.TrimPrefix(path, module+"/")
}

// layerOf finds the row of the table for a package: its own, or that of the
// nearest folder above.
func layerOf(pkg string) (layer string, may []string) {
	for _, l := range layers {
		if pkg == l.folder || strings.HasPrefix(pkg, l.folder+"/") && len(l.folder) > len(layer) {
			layer, may = l.folder, strings.Fields(l.may)
		}
		if pkg == l.folder {
			break
		}
	}
	return layer, may
}
