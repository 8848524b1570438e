package mixconv_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// mayConvert are the files that turn floats into integers themselves.
var mayConvert = map[string]string{
	"tensor/int.go":                                "the functions that the others are to use",
	"preprocess/internal/jpeg/idct_fast.go":        "a table of constants",
	"runtime/profile.go":                           "measured times",
	"runtime/internal/kernel/activate.go":          "an exponent that was brought into range, as the assembly has it",
	"runtime/internal/graph/graphtest/constant.go": "of tests: numbers from -128 to 255",
}

// listed is what go list says of a package.
type listed struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
}

// TestFloatsBecomeIntsByOneFunction finds conversions from floats to integers
// outside package tensor's own functions: Go leaves open what they give for NaN,
// infinities and numbers that are too large.
func TestFloatsBecomeIntsByOneFunction(t *testing.T) {
	packages := listPackages(t)
	exports := map[string]string{}
	for _, p := range packages {
		exports[p.ImportPath] = p.Export
	}
	files := token.NewFileSet()
	gc := importer.ForCompiler(files, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	checked := 0
	for _, p := range packages {
		if p.ImportPath == module || strings.HasPrefix(p.ImportPath, module+"/") {
			checked++
			for _, at := range floatConversions(t, files, gc, p) {
				file := filepath.ToSlash(filepath.Join(below(p.ImportPath), filepath.Base(at.Filename)))
				if mayConvert[file] == "" {
					t.Errorf("%s:%d turns a float into an integer; tensor.IntOf and its like do that", file, at.Line)
				}
			}
		}
	}
	if checked < 20 {
		t.Fatalf("%d packages", checked)
	}
}

// listPackages has this module's packages and all that they import, compiled.
func listPackages(t *testing.T) (packages []listed) {
	t.Helper()
	out, err := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

// floatConversions are the places where p converts a float that is no constant to an
// integer. Where both types are parameters, they stand for types of one kind.
func floatConversions(t *testing.T, files *token.FileSet, imports types.Importer, p listed) (found []token.Position) {
	t.Helper()
	var parsed []*ast.File
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(files, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, file)
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	if _, err := (&types.Config{Importer: imports}).Check(p.ImportPath, files, parsed, info); err != nil {
		t.Fatal(err)
	}
	for _, file := range parsed {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 1 || !info.Types[call.Fun].IsType() || info.Types[call.Args[0]].Value != nil {
				return true
			}
			to, from := info.Types[call.Fun].Type, info.Types[call.Args[0]].Type
			if !(isParameter(to) && isParameter(from)) && includes(to, types.IsInteger) && includes(from, types.IsFloat) {
				found = append(found, files.Position(call.Pos()))
			}
			return true
		})
	}
	return found
}

func isParameter(t types.Type) bool {
	_, ok := t.(*types.TypeParam)
	return ok
}

// includes reports whether t, or one of the types that a parameter stands for, is
// a number of a kind.
func includes(t types.Type, kind types.BasicInfo) bool {
	switch u := t.(type) {
	case *types.TypeParam:
		return includes(u.Constraint(), kind)
	case *types.Union:
		return slices.ContainsFunc(slices.Collect(u.Terms()), func(term *types.Term) bool { return includes(term.Type(), kind) })
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return u.Info()&kind != 0
	case *types.Interface:
		return slices.ContainsFunc(slices.Collect(u.EmbeddedTypes()), func(e types.Type) bool { return includes(e, kind) })
	}
	return false
}
