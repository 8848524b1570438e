package graph

import (
	"fmt"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/tensor"
)

// ONNX Runtime's optimiser fuses nodes into operators of its own, and saves them in
// files that it is told to write. Each becomes again what it is defined to be; the
// passes fuse that for this program's kernels as they do in any model.

// fusedOps are these operators, each with what adds the nodes that it stands for.
var fusedOps = map[string]func(e *expansion, n *Node) error{
	"BiasGelu":                         func(e *expansion, n *Node) error { return e.gelu(n, "none") },
	"FastGelu":                         func(e *expansion, n *Node) error { return e.gelu(n, "tanh") },
	"FusedConv":                        (*expansion).fusedConv,
	"FusedGemm":                        (*expansion).fusedGemm,
	"FusedMatMul":                      (*expansion).fusedMatMul,
	"Gelu":                             func(e *expansion, n *Node) error { return e.gelu(n, "none") },
	"QuickGelu":                        (*expansion).quickGelu,
	"SimplifiedLayerNormalization":     (*expansion).simplifiedNorm,
	"SkipLayerNormalization":           (*expansion).skipNorm,
	"SkipSimplifiedLayerNormalization": (*expansion).skipNorm,
}

// nchwcDomain has what ONNX Runtime's optimiser writes for the processor that it
// runs on.
const (
	nchwcDomain = "com.microsoft.nchwc"
	nchwcReason = "a layout for one processor, which ONNX Runtime saves at its optimisation level all: save at level extended or below"
)

// earlyOp is an operator that ONNX Runtime's optimiser writes into ONNX's own domain
// at opsets that do not have it.
func earlyOp(domain, name string) (*ops.Op, int) {
	if domain != "" && domain != "ai.onnx" {
		return nil, 0
	}
	switch name {
	case "LayerNormalization":
		op, version, err := ops.Lookup("", name, 17)
		if err == nil {
			return op, version
		}
	case "SimplifiedLayerNormalization":
		return contribOp(contribDomain, name), 0
	}
	return nil, 0
}

// expandFused returns what n, one of fusedOps, does in operators of ONNX.
func (n *Node) expandFused() ([]*Node, error) {
	e := &expansion{of: n}
	err := fusedOps[n.Op.Name](e, n)
	return e.list, err
}

// inputs returns the first inputs of n, of which least must be there.
func (e *expansion) inputs(n *Node, least, most int) ([]*Value, error) {
	list := make([]*Value, most)
	for i := range list {
		if list[i] = n.input(i); list[i] == nil && i < least {
			return nil, fmt.Errorf("input %d is missing, it has %d", i, len(n.In))
		}
	}
	if len(n.In) > most {
		return nil, fmt.Errorf("%d inputs, allowed at most %d", len(n.In), most)
	}
	return list, nil
}

// deliver makes v, which a node added here makes, output i of the node that is
// replaced.
func (e *expansion) deliver(i int, v *Value) {
	if i >= len(e.of.Out) || e.of.Out[i] == nil {
		return
	}
	out := e.of.Out[i]
	for _, n := range e.list {
		for j := range n.Out {
			if n.Out[j] == v {
				n.Out[j], out.Def = out, n
			}
		}
		for j := range n.In {
			if n.In[j] == v {
				n.In[j] = out
			}
		}
	}
}

// scalar is a number of the first input's type.
func (e *expansion) scalar(name string, v float32) *Value {
	c := Constant(e.of.Name+"/"+name, tensor.Of([]float32{v}))
	if e.of.In[0].Type.DType == tensor.Float32 {
		return c
	}
	return e.add(op.CastLike, nil, c, e.of.In[0])
}

// gelu is for Gelu and for those that add a bias before it.
func (e *expansion) gelu(n *Node, approximate string) error {
	least, most := 1, 2
	switch n.Op.Name {
	case "Gelu":
		most = 1
	case "BiasGelu":
		least = 2
	}
	in, err := e.inputs(n, least, most)
	if err != nil {
		return err
	}
	x := in[0]
	if most == 2 && in[1] != nil {
		x = e.add(op.Add, nil, in...)
	}
	e.deliver(0, e.add(op.Gelu, ops.Attrs{"approximate": approximate}, x))
	return nil
}

// quickGelu is x · Sigmoid(alpha · x).
func (e *expansion) quickGelu(n *Node) error {
	in, err := e.inputs(n, 1, 1)
	if err != nil {
		return err
	}
	e.deliver(0, e.add(op.Swish, ops.Attrs{"alpha": n.Attrs.Float("alpha", 1.702)}, in[0]))
	return nil
}

// fusedConv is Act(Conv(X, W, B) + Z).
func (e *expansion) fusedConv(n *Node) error {
	in, err := e.inputs(n, 2, 4)
	if err != nil {
		return err
	}
	attrs, params := ops.Attrs{}, n.Attrs.Floats("activation_params")
	for name, v := range n.Attrs {
		if name != "activation" && name != "activation_params" && !(name == "auto_pad" && v == "") {
			attrs[name] = v
		}
	}
	y := e.add(op.Conv, attrs, in[:3]...)
	if in[3] != nil {
		y = e.add(op.Add, nil, y, in[3])
	}
	given := ops.Attrs{}
	for i, name := range map[string][]string{"LeakyRelu": {"alpha"}, "HardSigmoid": {"alpha", "beta"}, "Clip": {"min", "max"}}[n.Attrs.String("activation", "")] {
		if i >= len(params) {
			return fmt.Errorf("attribute activation_params: %d values, %s needs more", len(params), n.Attrs.String("activation", ""))
		}
		given[name] = params[i]
	}
	return e.activate(n, y, given)
}

// fusedGemm is Act(Gemm(A, B, C)).
func (e *expansion) fusedGemm(n *Node) error {
	in, err := e.inputs(n, 2, 3)
	if err != nil {
		return err
	}
	attrs, given := ops.Attrs{}, ops.Attrs{}
	for _, name := range []string{"alpha", "beta", "transA", "transB"} {
		if v, ok := n.Attrs[name]; ok {
			attrs[name] = v
		}
		if v, ok := n.Attrs["activation_"+name]; ok {
			given[name] = v
		}
	}
	if v, ok := n.Attrs["activation_gamma"]; ok {
		given["gamma"] = v
	}
	return e.activate(n, e.add(op.Gemm, attrs, in...), given)
}

// activations are those that attribute activation may name beside Clip; true says
// that they have attributes.
var activations = map[op.Code]bool{
	op.Relu: false, op.Sigmoid: false, op.Softplus: false, op.Softsign: false, op.Tanh: false,
	op.Elu: true, op.HardSigmoid: true, op.LeakyRelu: true, op.Selu: true, op.ThresholdedRelu: true,
}

// activate delivers what n's activation makes of x.
func (e *expansion) activate(n *Node, x *Value, attrs ops.Attrs) error {
	name := n.Attrs.String("activation", "")
	switch name {
	case "":
		e.deliver(0, x)
		return nil
	case op.Clip.String():
		e.deliver(0, e.add(op.Clip, nil, x, e.scalar("min", attrs.Float("min", 0)), e.scalar("max", attrs.Float("max", 0))))
		return nil
	}
	for code, parametric := range activations {
		if code.String() != name {
			continue
		}
		if !parametric {
			attrs = nil
		}
		e.deliver(0, e.add(code, attrs, x))
		return nil
	}
	return &errs.UnsupportedError{Items: []errs.Unsupported{{Op: n.Op.String(), Version: 1, Reason: "attribute activation: " + errs.Quote(name)}}}
}

// fusedMatMul is alpha · A' · B', where a matrix may be transposed: its rows and
// columns, or, before that, its first dimension and the batch dimensions behind it.
func (e *expansion) fusedMatMul(n *Node) error {
	in, err := e.inputs(n, 2, 2)
	if err != nil {
		return err
	}
	for i, name := range []string{"A", "B"} {
		rows, batch := n.Attrs.Int("trans"+name, 0) != 0, n.Attrs.Int("transBatch"+name, 0) != 0
		rank := len(in[i].Type.Shape)
		if in[i].Type.Shape == nil && (rows || batch) {
			return &errs.UnsupportedError{Items: []errs.Unsupported{{Op: n.Op.String(), Version: 1, Reason: "a transposed input of unknown rank"}}}
		}
		if rank < 2 || !rows && !batch {
			continue // a vector is as it is
		}
		order := make([]int64, rank)
		for j := range order {
			order[j] = int64(j)
		}
		if batch {
			copy(order, order[1:rank-1])
			order[rank-2] = 0
		}
		if rows {
			order[rank-2], order[rank-1] = order[rank-1], order[rank-2]
		}
		in[i] = e.add(op.Transpose, ops.Attrs{"perm": order}, in[i])
	}
	y := e.add(op.MatMul, nil, in...)
	if alpha := n.Attrs.Float("alpha", 1); alpha != 1 {
		y = e.add(op.Mul, nil, y, e.scalar("alpha", alpha))
	}
	e.deliver(0, y)
	return nil
}

// skipNorm normalises the sum of input, skip and bias over its last dimension:
// SkipLayerNormalization has a weight and a shift, the simplified one no mean and no
// shift. The sum is an output, too.
func (e *expansion) skipNorm(n *Node) error {
	simplified := n.Op.Name != "SkipLayerNormalization"
	most := 5
	if simplified {
		most = 4
	}
	in, err := e.inputs(n, 3, most)
	if err != nil {
		return err
	}
	sum := e.add(op.Add, nil, in[0], in[1])
	if bias := in[most-1]; bias != nil {
		sum = e.add(op.Add, nil, sum, bias)
	}
	attrs := ops.Attrs{"axis": int64(-1), "epsilon": n.Attrs.Float("epsilon", 1e-12)}
	if simplified {
		if err := e.withoutStatistics(n, 1, 2); err != nil {
			return err
		}
		e.deliver(0, e.add(op.RMSNormalization, attrs, sum, in[2]))
	} else {
		y := e.add(op.LayerNormalization, attrs, sum, in[2], in[3])
		e.deliver(0, y)
		e.statistics(2)
	}
	e.deliver(3, sum)
	return nil
}

// statistics gives the node added last, a LayerNormalization, its further outputs:
// mean and inverse of the deviation, which the replaced node has at the same places.
func (e *expansion) statistics(n int) {
	last := e.list[len(e.list)-1]
	for n > 0 && (n >= len(e.of.Out) || e.of.Out[n] == nil) {
		n--
	}
	for i := 1; i <= n; i++ {
		last.Out = append(last.Out, e.of.Out[i])
		if e.of.Out[i] != nil {
			e.of.Out[i].Def = last
		}
	}
}

// simplifiedNorm divides by the root of the mean square. ONNX Runtime writes it in
// the domain of ONNX, which has had it as RMSNormalization since opset 23.
func (e *expansion) simplifiedNorm(n *Node) error {
	in, err := e.inputs(n, 2, 2)
	if err != nil {
		return err
	}
	if err := e.withoutStatistics(n, 1); err != nil {
		return err
	}
	attrs := ops.Attrs{"axis": n.Attrs.Int("axis", -1), "epsilon": n.Attrs.Float("epsilon", 1e-5)}
	e.deliver(0, e.add(op.RMSNormalization, attrs, in...))
	return nil
}

func (e *expansion) withoutStatistics(n *Node, outputs ...int) error {
	for _, i := range outputs {
		if i < len(n.Out) && n.Out[i] != nil {
			return &errs.UnsupportedError{Items: []errs.Unsupported{{Op: n.Op.String(), Version: 1, Reason: fmt.Sprintf("output %d", i)}}}
		}
	}
	return nil
}
