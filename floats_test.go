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
	for _, p := range typed(t) {
		for _, at := range p.floatConversions() {
			if file := p.below(at); mayConvert[file] == "" {
				t.Errorf("%s:%d turns a float into an integer; tensor.IntOf and its like do that", file, at.Line)
			}
		}
	}
}

// source is a package of this module, parsed and with the types of its expressions.
type source struct {
	path      string
	positions *token.FileSet
	files     []*ast.File
	info      *types.Info
}

// below is the path of a file in the module.
func (s *source) below(at token.Position) string {
	return filepath.ToSlash(filepath.Join(below(s.path), filepath.Base(at.Filename)))
}

// typed has this module's packages.
func typed(t *testing.T) (list []*source) {
	t.Helper()
	packages := listPackages(t)
	exports := map[string]string{}
	for _, p := range packages {
		exports[p.ImportPath] = p.Export
	}
	positions := token.NewFileSet()
	gc := importer.ForCompiler(positions, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	for _, p := range packages {
		if p.ImportPath == module || strings.HasPrefix(p.ImportPath, module+"/") {
			list = append(list, readSource(t, positions, gc, p))
		}
	}
	if len(list) < 20 {
		t.Fatalf("%d packages", len(list))
	}
	return list
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

func readSource(t *testing.T, positions *token.FileSet, imports types.Importer, p listed) *source {
	t.Helper()
	s := &source{path: p.ImportPath, positions: positions, info: &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}}
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(positions, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		s.files = append(s.files, file)
	}
	if _, err := (&types.Config{Importer: imports}).Check(p.ImportPath, positions, s.files, s.info); err != nil {
		t.Fatal(err)
	}
	return s
}

// floatConversions are the places where s converts a float that is no constant to an
// integer. Where both types are parameters, they stand for types of one kind.
func (s *source) floatConversions() (found []token.Position) {
	for _, file := range s.files {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 1 || !s.info.Types[call.Fun].IsType() || s.info.Types[call.Args[0]].Value != nil {
				return true
			}
			to, from := s.info.Types[call.Fun].Type, s.info.Types[call.Args[0]].Type
			if !(isParameter(to) && isParameter(from)) && includes(to, types.IsInteger) && includes(from, types.IsFloat) {
				found = append(found, s.positions.Position(call.Pos()))
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
