package graph

import (
	"fmt"
	"maps"
	"slices"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
)

// contribDomain has operators of ONNX Runtime's own, those of its quantiser
// among them (docs/ContribOperators.md of its repository). A quantised one is
// the operator of ONNX between a DequantizeLinear for each operand and a
// QuantizeLinear, and becomes that.
const contribDomain = "com.microsoft"

// quantized says where the inputs of an operator stand.
type quantized struct {
	plain    op.Code // the operator of ONNX
	operands int     // each with a scale and a zero point after it; 0: all, after the result's
	bias     bool    // then comes an int32 in units of the product of both scales
}

var contrib = map[string]quantized{
	"QGemm":                    {op.Gemm, 2, true},
	"QLinearAdd":               {op.Add, 2, false},
	"QLinearAveragePool":       {op.AveragePool, 1, false},
	"QLinearConcat":            {op.Concat, 0, false},
	"QLinearGlobalAveragePool": {op.GlobalAveragePool, 1, false},
	"QLinearLeakyRelu":         {op.LeakyRelu, 1, false},
	"QLinearMul":               {op.Mul, 2, false},
	"QLinearSigmoid":           {op.Sigmoid, 1, false},
	"QLinearSoftmax":           {op.Softmax, 1, false},
}

// contribOp returns an operator for a node until it is replaced.
func contribOp(domain, name string) *ops.Op {
	_, quantised := contrib[name]
	if domain != contribDomain || !quantised && fusedOps[name] == nil {
		return nil
	}
	return &ops.Op{Domain: domain, Name: name}
}

// Rewritten lists the operators that no engine knows: loading a model turns them
// into others.
func Rewritten() []*ops.Op {
	list := []*ops.Op{{Domain: trainingDomain, Name: "Gradient", Since: []int{1}}}
	names := slices.AppendSeq(slices.Collect(maps.Keys(contrib)), maps.Keys(fusedOps))
	slices.Sort(names)
	for _, name := range names {
		list = append(list, &ops.Op{Domain: contribDomain, Name: name, Since: []int{1}})
	}
	return list
}

// expansion collects the nodes that replace one.
type expansion struct {
	of   *Node
	list []*Node
}

// expandContrib returns what n does in operators of ONNX.
func (n *Node) expandContrib() ([]*Node, error) {
	if fusedOps[n.Op.Name] != nil {
		return n.expandFused()
	}
	if len(n.Out) != 1 || n.Out[0] == nil {
		return nil, fmt.Errorf("%d outputs, must be 1", len(n.Out))
	}
	q, e, attrs := contrib[n.Op.Name], &expansion{of: n}, maps.Clone(n.Attrs)
	for _, name := range []string{"channels_last", "opset"} {
		if v := n.Attrs.Int(name, 0); name == "channels_last" && v != 0 || name == "opset" && v != 0 && v < 13 {
			return nil, &errs.UnsupportedError{Items: []errs.Unsupported{{Op: n.Op.String(), Version: 1, Reason: fmt.Sprintf("attribute %s: %d", name, v)}}}
		}
		delete(attrs, name)
	}
	result, first := 3*q.operands, 0
	if q.operands == 0 {
		result, first, q.operands = 0, 2, (len(n.In)-2)/3
	}
	if q.bias {
		result++
	}
	var in []*Value
	for i := range q.operands {
		at := first + 3*i
		if n.input(at) == nil || n.input(at+1) == nil {
			return nil, fmt.Errorf("%d inputs: operand %d or its scale is missing", len(n.In), i)
		}
		in = append(in, e.add(op.DequantizeLinear, n.operandAttrs(i), n.In[at], n.In[at+1], n.input(at+2)))
	}
	if bias := n.input(6); q.bias && bias != nil {
		scale := e.add(op.Mul, nil, n.In[1], n.In[4])
		in = append(in, e.add(op.DequantizeLinear, ops.Attrs{"axis": int64(0)}, bias, scale))
	}
	y := e.add(q.plain, attrs, in...)
	if n.input(result) != nil {
		e.add(op.QuantizeLinear, nil, y, n.In[result], n.input(result+1))
	}
	return e.instead(), nil
}

// operandAttrs are those of operand i's DequantizeLinear: where there is a scale
// for each row of a matrix that is transposed, and not for each column.
func (n *Node) operandAttrs(i int) ops.Attrs {
	if n.Op.Name == "QGemm" && i == 1 && n.Attrs.Int("transB", 0) != 0 {
		return ops.Attrs{"axis": int64(0)}
	}
	return nil
}

func (n *Node) input(i int) *Value {
	if i < len(n.In) {
		return n.In[i]
	}
	return nil
}

// add appends a node of the newest version of an operator and returns its
// output. Inputs at the end may be absent.
func (e *expansion) add(code op.Code, attrs ops.Attrs, in ...*Value) *Value {
	for len(in) > 0 && in[len(in)-1] == nil {
		in = in[:len(in)-1]
	}
	return e.append(NewNode(code.String(), code, attrs, in, nil))
}

// append appends n, its name below that of the node that is replaced, and returns
// its output.
func (e *expansion) append(n *Node) *Value {
	n.Name = fmt.Sprintf("%s/%s_%d", e.of.Name, n.Name, len(e.list))
	n.Out = []*Value{{Name: n.Name, Def: n}}
	e.list = append(e.list, n)
	return n.Out[0]
}

// instead returns the nodes, the last of which makes the only output of the one
// that they replace.
func (e *expansion) instead() []*Node {
	last := e.list[len(e.list)-1]
	last.Out = e.of.Out
	last.Out[0].Def = last
	return e.list
}
