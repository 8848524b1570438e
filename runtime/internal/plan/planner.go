package plan

import (
	"errors"
	"fmt"
	"slices"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/fuse"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/kernel"
	"github.com/mixconv/mixconv/tensor"
)

// planner builds a plan in one walk over the graph.
type planner struct {
	plan   *Plan
	budget *limit.Budget
	packs  *Packs
	layout map[*graph.Value]order
	values map[*graph.Value]*location
}

// location is where a value is kept: in the arena, or in a slot if only fallbacks
// touch it, because it is not float32 or of a shape that a run finds.
type location struct {
	place        *Place
	target       *Place // where a Concat wants it written
	rows, images *Place // copies in row-major order and channels last
	slot         int    // its number and one; 0: none
}

// at is v's location, which the caller may change.
func (p *planner) at(v *graph.Value) *location {
	l := p.values[v]
	if l == nil {
		l = &location{}
		p.values[v] = l
	}
	return l
}

// errNoKernel says that a lowering does not cover a node; the reference loops
// then run it.
var errNoKernel = errors.New("no planned kernel")

func (p *planner) run(g *graph.Graph) (err error) {
	defer errs.Recover(&err)
	if err := p.checkSizes(g); err != nil {
		return err
	}
	for _, v := range g.Inputs {
		p.plan.inputs = append(p.plan.inputs, p.input(v))
	}
	p.layout = layOutValues(g)
	p.aimConcats(g)
	p.packs.expect(g)
	for _, n := range g.Nodes {
		if err := p.budget.Err(); err != nil {
			return err
		}
		if err := p.node(n); err != nil {
			return fmt.Errorf("node %q: %w", n.Name, err)
		}
	}
	for _, o := range g.Outputs {
		p.plan.outputs = append(p.plan.outputs, p.output(o))
	}
	p.live()
	p.plan.arena = layOut(p.plan.buffers)
	if bytes := p.plan.Bytes(); bytes > p.budget.Limits.TotalBytes {
		return fmt.Errorf("a run needs %d bytes, allowed at most %d", bytes, p.budget.Limits.TotalBytes)
	}
	return nil
}

// checkSizes bounds every value whose shape is known before anything is allocated.
func (p *planner) checkSizes(g *graph.Graph) error {
	for _, n := range g.Nodes {
		for _, v := range n.Out {
			if v == nil || !v.Type.Shape.Known() {
				continue
			}
			if _, bytes, err := tensor.Size(v.Type.DType, v.Type.Shape); err != nil || bytes > p.budget.Limits.TensorBytes {
				return fmt.Errorf("node %q makes %s %s of %d bytes, allowed at most %d", n.Name, v.Type.DType, v.Type.Shape, bytes, p.budget.Limits.TensorBytes)
			}
		}
	}
	return nil
}

// node lowers n to a planned kernel, or to the reference loops.
func (p *planner) node(n *graph.Node) (err error) {
	defer errs.Recover(&err)
	lower := lowerings[n.Op.Code].lower
	if lower == nil {
		lower = (*planner).mapped
	}
	if !fuse.Floats(n) {
		return p.fallback(n)
	}
	err = lower(p, n)
	if errors.Is(err, errNoKernel) && n.Pre == nil && n.Means == nil { // fused are only such as have a kernel
		return p.fallback(n)
	}
	return err
}

// step appends a step.
func (p *planner) step(n *graph.Node, name string, reads, writes []*Place, bind func(*memory) kernel.Job) {
	p.plan.Steps = append(p.plan.Steps, &Step{Name: n.Name, Kernel: name, MACs: macs(n), reads: reads, writes: writes, bind: bind})
}

// macs counts n's multiply-adds; 0 for what is no product.
func macs(n *graph.Node) int64 {
	if !n.Is(op.Conv, op.MDConv, op.MatMul, op.Gemm) {
		return 0
	}
	call, err := n.Call()
	if err != nil {
		return 0
	}
	return ops.MACs(call)
}

// live finds from when to when each buffer and slot is in use. Outputs stay until
// the end.
func (p *planner) live() {
	started := map[*Buffer]bool{}
	for _, in := range p.plan.inputs {
		if in.place != nil {
			started[in.place.buf] = true
		}
	}
	for i, s := range p.plan.Steps {
		for _, w := range s.writes {
			if !started[w.buf] {
				started[w.buf] = true
				w.buf.first = i
			}
			w.buf.last = i
		}
		for _, r := range s.reads {
			r.buf.last = i
		}
	}
	kept := make([]bool, len(p.plan.slots))
	for _, o := range p.plan.outputs {
		if o.place != nil {
			o.place.buf.last = len(p.plan.Steps)
		} else {
			kept[o.slot] = true
		}
	}
	for _, s := range slices.Backward(p.plan.Steps) {
		for _, slot := range s.slots {
			if !kept[slot] {
				kept[slot], s.drops = true, append(s.drops, slot)
			}
		}
	}
}
