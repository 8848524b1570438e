package ops

import (
	"fmt"
	"github.com/mixconv/mixconv/ops/op"
	"math"
	"math/bits"

	"github.com/mixconv/mixconv/tensor"
)

// gemmDims returns the sizes of Y [m,n] = A' [m,k] · B' [k,n], where A' and B'
// are the inputs, transposed where the attributes say so.
func gemmDims(c *Call) (m, k, n int, err error) {
	a, b := c.In[0].Shape, c.In[1].Shape
	m, k, n = tensor.Unknown, tensor.Unknown, tensor.Unknown
	kb := tensor.Unknown
	if a != nil {
		if len(a) != 2 {
			return 0, 0, 0, fmt.Errorf("input A: shape %s, must have rank 2", a)
		}
		m, k = a[0], a[1]
		if c.Attrs.Int("transA", 0) != 0 {
			m, k = k, m
		}
	}
	if b != nil {
		if len(b) != 2 {
			return 0, 0, 0, fmt.Errorf("input B: shape %s, must have rank 2", b)
		}
		kb, n = b[0], b[1]
		if c.Attrs.Int("transB", 0) != 0 {
			kb, n = n, kb
		}
	}
	inner, ok := merge(k, kb)
	if !ok {
		return 0, 0, 0, fmt.Errorf("input A has %d columns and B %d rows", k, kb)
	}
	return m, inner, n, nil
}

func inferGemm(c *Call) ([]Type, error) {
	m, _, n, err := gemmDims(c)
	if err != nil {
		return nil, err
	}
	if alpha, beta := c.Attrs.Float("alpha", 1), c.Attrs.Float("beta", 1); wide.has(c.In[0].DType) && (alpha != 1 || beta != 1) {
		return nil, c.unsupported("alpha %v and beta %v for integers, supported is 1", alpha, beta)
	}
	out := tensor.Shape{m, n}
	if bias := c.input(2); bias.Present() && bias.Shape != nil {
		if s, err := broadcast(bias.Shape, out); err != nil || len(s) != 2 || !fits(s, out) {
			return nil, fmt.Errorf("input C: shape %s does not broadcast to %s", bias.Shape, out)
		}
	}
	return one(out), nil
}

// fits reports whether s can be out, as far as both are known.
func fits(s, out tensor.Shape) bool {
	for i := range s {
		if _, ok := merge(s[i], out[i]); !ok {
			return false
		}
	}
	return true
}

// inferMatMul follows numpy: vectors count as a row on the left and a column on
// the right and lose that dimension again, leading dimensions broadcast.
func inferMatMul(c *Call) ([]Type, error) {
	out, err := matMulShape(c.In[0].Shape, c.In[1].Shape)
	return one(out), err
}

// matMulShape is that of a product of matrices, or of stacks that broadcast.
func matMulShape(a, b tensor.Shape) (tensor.Shape, error) {
	if a == nil || b == nil {
		return nil, nil
	}
	if len(a) == 0 || len(b) == 0 {
		return nil, fmt.Errorf("shapes %s and %s, scalars are not allowed", a, b)
	}
	row, col := len(a) == 1, len(b) == 1
	if row {
		a = tensor.Shape{1, a[0]}
	}
	if col {
		b = tensor.Shape{b[0], 1}
	}
	if _, ok := merge(a[len(a)-1], b[len(b)-2]); !ok {
		return nil, fmt.Errorf("input A has %d columns and B %d rows", a[len(a)-1], b[len(b)-2])
	}
	out, err := broadcast(a[:len(a)-2], b[:len(b)-2])
	if err != nil {
		return nil, err
	}
	if !row {
		out = append(out, a[len(a)-2])
	}
	if !col {
		out = append(out, b[len(b)-1])
	}
	return out, nil
}

// MACs is the number of multiply-adds of a convolution, an MDConv, a Gemm or a
// MatMul whose shapes are known, and 0 of any other call. Taps that meet
// padding count; biases do not.
func MACs(c *Call) int64 {
	if c.Op == MDConv {
		return mixedMACs(c)
	}
	out, err := c.Infer()
	if err != nil || !out[0].Shape.Known() {
		return 0
	}
	each := tensor.Shape{tensor.Unknown} // factors that one output sums over
	switch c.Op.Code {
	case op.Conv:
		each = c.In[1].Shape[1:]
	case op.MatMul:
		a := c.In[0].Shape
		each = a[len(a)-1:]
	case op.Gemm:
		_, k, _, _ := gemmDims(c)
		each = tensor.Shape{k}
	}
	if !each.Known() {
		return 0
	}
	return macs(out[0].Shape, product64(each))
}

func mixedMACs(c *Call) int64 {
	m, err := MDConvOf(c)
	if err != nil {
		return 0
	}
	var sum int64
	for i, g := range m.Groups {
		sum += macs(g.Out, product64(c.In[1+i].Shape[1:]))
	}
	return sum
}

// macs is the number of multiply-adds of outputs that take so many each, at
// most the largest int64.
func macs(out tensor.Shape, each int64) int64 {
	hi, lo := bits.Mul64(uint64(product64(out)), uint64(each))
	if hi != 0 || lo > math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(lo)
}

// product64 multiplies known dimensions of a tensor that there is.
func product64(s tensor.Shape) int64 { return int64(s.Elements()) }
