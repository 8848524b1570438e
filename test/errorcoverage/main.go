// Command errorcoverage says how many of the statements that return an error the tests
// reach: in the files of cover profiles, those of `go test -coverprofile`.
//
//	go run ./test/errorcoverage cover.out
//
// It lists the others, and fails if fewer than -least per cent are reached.
package main

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log"
	"maps"
	"os"
	"slices"
	"strings"
)

func main() {
	least := flag.Float64("least", 0, "per cent that must be reached")
	module := flag.String("module", "github.com/mixconv/mixconv", "whose files are below the working folder")
	flag.Parse()
	covered := profile{}
	for _, name := range flag.Args() {
		if err := covered.read(name); err != nil {
			log.Fatal(err)
		}
	}
	all, reached := 0, 0
	for _, file := range slices.Sorted(maps.Keys(covered)) {
		returns, err := errorReturns(strings.TrimPrefix(file, *module+"/"))
		if err != nil {
			log.Fatal(err)
		}
		for _, at := range returns {
			switch count, known := covered.at(file, at); {
			case !known: // of another platform
			case count:
				all, reached = all+1, reached+1
			default:
				all++
				fmt.Println(at)
			}
		}
	}
	share := 100 * float64(reached) / float64(max(all, 1))
	fmt.Printf("%d of %d returns of errors are reached, %.1f %%\n", reached, all, share)
	if all == 0 || share < *least {
		os.Exit(1)
	}
}

// block is a part of a file, from a line and column to another.
type block struct {
	fromLine, fromColumn, toLine, toColumn int
}

// profile has for each file's blocks whether a test has reached them.
type profile map[string]map[block]bool

// read adds a file of `go test -coverprofile`: after a first line, of each block
// FILE:LINE.COLUMN,LINE.COLUMN STATEMENTS COUNT.
func (p profile) read(name string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	for i, line := range strings.Split(strings.TrimSpace(string(data)), "\n")[1:] {
		var b block
		var statements, count int
		at := strings.LastIndexByte(line, ':')
		if at < 0 {
			return fmt.Errorf("%s: line %d: %q", name, i+2, line)
		}
		if _, err := fmt.Sscanf(line[at+1:], "%d.%d,%d.%d %d %d", &b.fromLine, &b.fromColumn, &b.toLine, &b.toColumn, &statements, &count); err != nil {
			return fmt.Errorf("%s: line %d: %q: %v", name, i+2, line, err)
		}
		blocks := p[line[:at]]
		if blocks == nil {
			blocks = map[block]bool{}
			p[line[:at]] = blocks
		}
		blocks[b] = blocks[b] || count > 0
	}
	return nil
}

// at says whether what stands at a position was reached. known: the profile has it.
func (p profile) at(file string, at token.Position) (reached, known bool) {
	for b, count := range p[file] {
		after := at.Line > b.fromLine || at.Line == b.fromLine && at.Column >= b.fromColumn
		before := at.Line < b.toLine || at.Line == b.toLine && at.Column < b.toColumn
		if after && before {
			return count, true
		}
	}
	return false, false
}

// errorReturns are the statements of a file that return something other than nil for an
// error that is a function's last result.
func errorReturns(file string) (found []token.Position, err error) {
	positions := token.NewFileSet()
	parsed, err := parser.ParseFile(positions, file, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var walk func(of *ast.FuncType, body *ast.BlockStmt)
	walk = func(of *ast.FuncType, body *ast.BlockStmt) {
		ast.Inspect(body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncLit:
				walk(n.Type, n.Body)
				return false
			case *ast.ReturnStmt:
				if returnsError(of) && len(n.Results) > 0 && !isNil(n.Results[len(n.Results)-1]) && len(n.Results) == of.Results.NumFields() {
					found = append(found, positions.Position(n.Pos()))
				}
			}
			return true
		})
	}
	for _, d := range parsed.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
			walk(f.Type, f.Body)
		}
	}
	return found, nil
}

func returnsError(f *ast.FuncType) bool {
	if f.Results == nil || len(f.Results.List) == 0 {
		return false
	}
	last, ok := f.Results.List[len(f.Results.List)-1].Type.(*ast.Ident)
	return ok && last.Name == "error"
}

func isNil(e ast.Expr) bool {
	name, ok := e.(*ast.Ident)
	return ok && name.Name == "nil"
}
