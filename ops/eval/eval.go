package eval

import (
	"fmt"
	"slices"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/tensor"
)

// kernel computes all outputs of a run. Inference has checked the call with
// every input known, and run.out has its shapes; what is left to a kernel to
// refuse are values that no operator can use, such as a divisor of zero.
type kernel func(*run) error

// run is one evaluation.
type run struct {
	*ops.Call // with the inputs' values
	in, out   []*tensor.Tensor
	types     []ops.Type // the outputs'

	work   int // element operations until the budget hears of them
	budget *limit.Budget
	most   int64 // bytes of an output, or of working memory
}

// Function returns what a call of an operator of one variable computes of each
// element; false for other operators.
func Function(c *ops.Call) (func(float64) float64, bool) {
	of := functions[c.Op.Code]
	if of == nil {
		return nil, false
	}
	f := of(c).float
	return f, f != nil
}

// Run computes the outputs of c from in, where an absent optional input is
// nil. The call's input types give way to those of in, so that dimensions
// unknown when c was made do not matter. An output is never larger than the
// budget's TensorBytes, nor is scratch memory; that is checked before anything is
// allocated. No output shares memory with an input, but sequences may share
// elements. Operations are counted from the budget, whose context is looked at
// inside long loops.
func Run(b *limit.Budget, c *ops.Call, in []*tensor.Tensor) ([]*tensor.Tensor, error) {
	k, of := kernels[c.Op.Code], functions[c.Op.Code]
	if k == nil && of == nil {
		return nil, fmt.Errorf("%s has no evaluation", c.Op)
	}
	known := make([]ops.Type, len(in))
	for i, t := range in {
		if known[i] = ops.TypeOf(t); t == nil && i < len(c.In) && c.In[i].Optional {
			known[i] = c.In[i]
		}
	}
	call, err := ops.NewCall(c.Op, c.Version, c.Attrs, known, c.Outputs)
	if err != nil {
		return nil, err
	}
	call.Budget = b
	r := &run{Call: call, in: in, work: workBetweenChecks, budget: b, most: b.Limits.TensorBytes}
	if r.types, err = call.Infer(); err != nil {
		return nil, err
	}
	if err := r.allocate(); err != nil {
		return nil, err
	}
	if err := b.Err(); err != nil {
		return nil, err
	}
	if r.nothing() {
		return r.out, nil
	}
	if of != nil {
		k = of(call).run
	}
	if err := k(r); err != nil {
		return nil, err
	}
	if err := r.account(); err != nil {
		return nil, err
	}
	for i, t := range r.out {
		if t == nil && !r.types[i].Optional {
			return nil, fmt.Errorf("output %d: shape %s does not follow from the inputs", i, r.types[i].Shape)
		}
	}
	return r.out, nil
}

// nothing reports whether no output has an element. Kernels rely on one that
// does: a dimension of 0 leaves the others unbounded, and a loop over those
// would not end.
func (r *run) nothing() bool {
	return !slices.ContainsFunc(r.out, func(t *tensor.Tensor) bool { return t == nil || t.Elements() > 0 })
}

// allocate makes the outputs, after checking every one of them. One whose shape
// is what its kernel finds out stays nil.
func (r *run) allocate() error {
	for i, t := range r.types {
		if !t.Shape.Known() {
			if t.Dense() && !r.Op.Has(ops.FindsShape) {
				return fmt.Errorf("output %d: shape %s does not follow from the inputs", i, t.Shape)
			}
			continue
		}
		if need := memory(t.DType, t.Shape); need > r.most {
			return limit.Exceeded("output %d: shape %s needs %d bytes, allowed %d", i, t.Shape, need, r.most)
		}
	}
	r.out = make([]*tensor.Tensor, len(r.types))
	for i, t := range r.types {
		if t.Shape.Known() {
			r.out[i] = tensor.New(t.DType, t.Shape...)
		}
	}
	return nil
}

// make makes an output of a shape that only the kernel knew.
func (r *run) make(i int, shape tensor.Shape) error {
	if need := memory(r.types[i].DType, shape); need > r.most {
		return limit.Exceeded("output %d: shape %s needs %d bytes, allowed %d", i, shape, need, r.most)
	}
	r.out[i] = tensor.New(r.types[i].DType, shape...)
	return nil
}

// memory is what a tensor takes in memory. There, unlike in a file, 4- and
// 2-bit elements take a byte, and a string at least its header.
func memory(d tensor.DType, s tensor.Shape) int64 {
	unit := d
	switch {
	case d == tensor.String:
		unit = tensor.Complex128
	case d.Bits() < 8:
		unit = tensor.Uint8
	}
	_, bytes, err := tensor.Size(unit, s)
	if err != nil {
		return 1<<63 - 1
	}
	return bytes
}

// scratch allocates working memory of n elements, within the same bound as an
// output.
func (r *run) scratch(n int) ([]float64, error) {
	if need := memory(tensor.Float64, tensor.Shape{n}); need > r.most {
		return nil, limit.Exceeded("needs %d bytes of working memory, allowed %d", need, r.most)
	}
	return make([]float64, n), nil
}

// workBetweenChecks is a millisecond or so of element operations; powers take ten.
const workBetweenChecks = 1 << 18

// spend counts n element operations and, once in a while, accounts for them.
func (r *run) spend(n int) error {
	if r.work -= n; r.work > 0 {
		return nil
	}
	return r.account()
}

// account takes what was counted from the budget, and looks at its context.
func (r *run) account() error {
	done := workBetweenChecks - r.work
	r.work = workBetweenChecks
	return r.budget.Spend(int64(done))
}
