package mixconv_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// operatorTables are the places that say something of many operators, by folder and
// name. Each is keyed by op.Code and says what its package alone can know; what several
// need is a trait in ops.table.
var operatorTables = []string{
	"ops.table",                          // inference and traits
	"ops/eval.functions",                 // evaluation, of one variable
	"ops/eval.kernels",                   // of all others
	"runtime/internal/graph.separations", // rules for pictures of a batch that no trait gives
	"runtime/internal/graph.derivatives", // for Gradient
	"runtime/internal/graph.activations", // what ONNX Runtime's fused operators may name
	"runtime/internal/pass.activations",  // what an epilogue can compute
	"runtime/internal/plan.lowerings",    // planned kernels
	"runtime/internal/plan.binaryOps",    // those of two operands
}

// fewOperators is how many a condition or a case may name without being a table.
const fewOperators = 4

// goFiles are the module's, those of hidden folders (.venv, .cache) left out.
func goFiles(t *testing.T) (files []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case !d.IsDir() && strings.HasSuffix(path, ".go"):
			files = append(files, filepath.ToSlash(path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestOperatorTables: nothing outside the tables lists operators. A list that is in two
// places is right in one.
func TestOperatorTables(t *testing.T) {
	seen := map[string]bool{}
	for _, file := range goFiles(t) {
		if strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "ops/op/") {
			continue
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			for name, node := range named(decl) {
				list := filepath.Dir(file) + "." + name
				longest := longestList(node)
				if slices.Contains(operatorTables, list) {
					seen[list] = true
				} else if longest > fewOperators {
					t.Errorf("%s: %s lists %d operators: make it a trait, or name it among operatorTables", file, name, longest)
				}
			}
		}
	}
	for _, list := range operatorTables {
		if !seen[list] {
			t.Errorf("there is no %s", list)
		}
	}
}

// named yields the names of a declaration with what they stand for.
func named(decl ast.Decl) map[string]ast.Node {
	names := map[string]ast.Node{}
	switch d := decl.(type) {
	case *ast.FuncDecl:
		names[d.Name.Name] = d
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			if v, ok := spec.(*ast.ValueSpec); ok {
				for i, n := range v.Names {
					if i < len(v.Values) {
						names[n.Name] = v.Values[i]
					}
				}
			}
		}
	}
	return names
}

// longestList is how many operators one literal, call or case in node names.
func longestList(node ast.Node) (most int) {
	count := func(list []ast.Expr) {
		n := 0
		for _, e := range list {
			if kv, ok := e.(*ast.KeyValueExpr); ok {
				e = kv.Key
			}
			if s, ok := e.(*ast.SelectorExpr); ok {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "op" {
					n++
				}
			}
		}
		most = max(most, n)
	}
	ast.Inspect(node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			count(n.Elts)
		case *ast.CallExpr:
			count(n.Args)
		case *ast.CaseClause:
			count(n.List)
		}
		return true
	})
	return most
}
