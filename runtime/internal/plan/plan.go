package plan

import (
	"cmp"
	"context"
	"fmt"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/kernel"
	"github.com/mixconv/mixconv/tensor"
)

// Plan is what a run executes for one set of input shapes.
type Plan struct {
	Steps   []*Step
	inputs  []port
	outputs []port
	buffers []*Buffer
	arena   int // bytes
	scratch int // floats per worker
	pieces  int // pieces of a window per worker
	workers int
	set     *kernel.Set
	slots   []*tensor.Tensor // values outside the arena; constants are there from the start
	hook    func(node string, worker int)
}

// Step is one kernel at its place in the plan.
type Step struct {
	Name     string // the node's
	Kernel   string // what runs it
	Fallback bool   // handed to the reference loops
	MACs     int64  // multiply-adds, padding taps included
	reads    []*Place
	writes   []*Place
	slots    []int // those that it reads and writes
	drops    []int // of these, the ones that no later step and no output needs
	bind     func(mem *memory) kernel.Job
	eval     func(ctx context.Context, st *State) error // instead of bind, for a fallback
}

// port connects a graph input or output to its place. Values that are not
// float32, or of a shape that only the run tells, live in a tensor slot.
type port struct {
	name  string
	dtype tensor.DType
	shape tensor.Shape
	place *Place // nil: slot
	slot  int
	nest  kernel.Nest // outputs: (caller, place)

	shares bool // an output that may be an input's elements, which the caller must not get
}

// Options are what a plan depends on besides the graph.
type Options struct {
	Workers int
	Set     *kernel.Set
	Packs   *Packs                        // weights packed before, shared by the plans of a model
	Hook    func(node string, worker int) // for tests: called before every task, fallbacks included
}

// New plans g, whose passes and fusions have run. What makes or reads a value of a shape that
// is not known falls back. Planning ends when the budget's context does. After an
// *errs.InternalError the Packs must not be used again.
func New(b *limit.Budget, g *graph.Graph, o Options) (*Plan, error) {
	p := &planner{
		plan:   &Plan{set: o.Set, workers: o.Workers, hook: o.Hook},
		budget: b, packs: o.Packs,
		values: map[*graph.Value]*location{},
	}
	if err := cmp.Or(p.run(g), p.packs.slab.Wait()); err != nil {
		return nil, err
	}
	return p.plan, nil
}

// Bytes is the memory that one State takes.
func (p *Plan) Bytes() int64 {
	return int64(p.arena) + 4*int64(p.workers*p.scratch)
}

// Arena is the memory of the values between steps.
func (p *Plan) Arena() int64 { return int64(p.arena) }

// Fallbacks lists the steps that have no planned kernel.
func (p *Plan) Fallbacks() []string {
	var list []string
	for _, s := range p.Steps {
		if s.Fallback {
			list = append(list, fmt.Sprintf("%s %q", s.Kernel, s.Name))
		}
	}
	return list
}
