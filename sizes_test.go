package mixconv_test

import (
	"go/ast"
	"go/token"
	"go/types"
	"testing"
)

// mayMultiply are the functions that multiply integers in a loop themselves. All others
// take tensor.Size, which says when a product of dimensions is too large.
var mayMultiply = map[string]string{
	"runtime/internal/plan/place.go rowMajor":            "of planned tensors, which Size has allowed",
	"runtime/internal/plan/place.go reshape":             "of planned tensors, which Size has allowed",
	"runtime/internal/plan/place.go likeOrder":           "of planned tensors, which Size has allowed",
	"runtime/internal/plan/layout.go permuted":           "of planned tensors, which Size has allowed",
	"runtime/internal/plan/lower_gather.go scaled":       "strides by that of an axis of the same tensor",
	"runtime/internal/plan/lower_shape.go slice":         "a stride by a step; of one that leaves the tensor, only index 0 is read",
	"runtime/internal/kernel/nest.go bind":               "loops over a tensor that is in memory",
	"runtime/internal/kernel/matmul.go batch":            "loops over a tensor that is in memory",
	"runtime/internal/kernel/elementwise.go CopyNow":     "loops over a tensor that is in memory",
	"ops/eval/nest.go strides":                           "of a tensor that is in memory",
	"ops/eval/nest.go nest":                              "loops over a tensor that is in memory",
	"ops/eval/matmul.go scaled":                          "strides by that of an axis of the same tensor",
	"ops/eval/shape.go slice":                            "a stride by a step; of one that leaves the tensor, only index 0 is read",
	"ops/eval/pool.go eachWindow":                        "places of a window, which are counted one by one",
	"ops/eval/pool.go stored":                            "of a tensor that is in memory",
	"ops/eval/binary.go intPower":                        "values, which wrap around as ONNX's do",
	"ops/eval/einsum.go sumProducts":                     "values, which wrap around as ONNX's do",
	"ops/eval/reduce.go productOf":                       "values, which wrap around as ONNX's do",
	"convert/torch/internal/pthtest/pthtest.go rowMajor": "of a file that a test makes",
	"convert/torch/internal/pth/tensor.go contiguous":    "of a shape that Size has allowed",
	"convert/tf/internal/bundle/scan.go strings":         "of a shape that was checked when the index was read",
	"npy/data.go reorder":                                "of an array that is in memory",
}

// TestSizesAreMultipliedByOneFunction finds products of integers that grow in a loop, as
// those of dimensions do, outside tensor.Size: Go's integers wrap around.
func TestSizesAreMultipliedByOneFunction(t *testing.T) {
	used := map[string]bool{}
	for _, p := range typed(t) {
		for _, file := range p.files {
			for _, d := range file.Decls {
				f, ok := d.(*ast.FuncDecl)
				if !ok || f.Body == nil {
					continue
				}
				for _, at := range p.products(f.Body) {
					place := p.below(at) + " " + f.Name.Name
					if used[place] = true; mayMultiply[place] == "" {
						t.Errorf("%s:%d, in %s, multiplies integers in a loop; for dimensions there is tensor.Size", p.below(at), at.Line, f.Name.Name)
					}
				}
			}
		}
	}
	for place := range mayMultiply {
		if !used[place] {
			t.Errorf("%s multiplies nothing in a loop any more: take it off the list", place)
		}
	}
}

// products are the places of x *= y and x = x * y in loops.
func (s *source) products(body *ast.BlockStmt) (found []token.Position) {
	seen := map[token.Pos]bool{}
	ast.Inspect(body, func(n ast.Node) bool {
		var loop *ast.BlockStmt
		switch n := n.(type) {
		case *ast.ForStmt:
			loop = n.Body
		case *ast.RangeStmt:
			loop = n.Body
		default:
			return true
		}
		ast.Inspect(loop, func(n ast.Node) bool {
			if a, ok := n.(*ast.AssignStmt); ok && s.multiplies(a) && !seen[a.Pos()] {
				seen[a.Pos()] = true
				found = append(found, s.positions.Position(a.Pos()))
			}
			return true
		})
		return true
	})
	return found
}

// multiplies reports whether a multiplies an integer variable by something that is no
// constant.
func (s *source) multiplies(a *ast.AssignStmt) bool {
	if len(a.Lhs) != 1 || len(a.Rhs) != 1 {
		return false
	}
	by := a.Rhs[0]
	if product, ok := by.(*ast.BinaryExpr); ok && a.Tok == token.ASSIGN && product.Op == token.MUL {
		if by = product.Y; types.ExprString(product.X) != types.ExprString(a.Lhs[0]) {
			if by = product.X; types.ExprString(product.Y) != types.ExprString(a.Lhs[0]) {
				return false
			}
		}
	} else if a.Tok != token.MUL_ASSIGN {
		return false
	}
	factor := s.info.Types[by]
	return factor.Value == nil && includes(factor.Type, types.IsInteger)
}
