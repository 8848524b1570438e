package runtime

import (
	"errors"
	goruntime "runtime"
	"slices"
	"sync"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/plan"
	"github.com/mixconv/mixconv/tensor"
)

// maxPlans is how many sets of input shapes and outputs a session remembers; the one used
// longest ago goes first.
const maxPlans = 8

// maxIdle bounds the memory in bytes that a session keeps for shapes other than
// the last ones.
const maxIdle = 256 << 20

// plans remembers what was made for which input shapes and outputs.
type plans struct {
	mu      sync.Mutex
	entries []*entry // last used last
	packs   *plan.Packs
}

// entry is a session prepared for one set of input shapes and of outputs.
type entry struct {
	shapes []tensor.Shape
	want   []int      // the outputs' places in the model's, ascending
	plan   *plan.Plan // nil: the reference engine runs graph
	graph  *graph.Graph
	free   []*plan.State // memory that no run uses
}

// entry returns what is prepared for shapes and the outputs at want, preparing
// it on first use.
func (s *Session) entry(shapes []tensor.Shape, want []int) (*entry, error) {
	s.plans.mu.Lock()
	defer s.plans.mu.Unlock()
	list := s.plans.entries
	for i, e := range list {
		if slices.Equal(e.want, want) && slices.EqualFunc(e.shapes, shapes, tensor.Shape.Equal) {
			copy(list[i:], list[i+1:])
			list[len(list)-1] = e
			return e, nil
		}
	}
	e, err := s.prepare(shapes, want)
	if failed := s.typed.Reads.Err(); failed != nil { // then some packs are zeros
		s.plans.packs, err = new(plan.Packs), failed
	}
	if err != nil {
		return nil, errs.InFile(s.model.Name(), err)
	}
	if len(list) == maxPlans {
		list = slices.Delete(list, 0, 1)
	}
	s.plans.entries = append(list, e)
	return e, nil
}

// trim forgets what was used longest ago until idle memory is bounded. What
// was used last stays.
func (p *plans) trim() {
	idle := int64(0)
	for i, e := range slices.Backward(p.entries) {
		if e.plan == nil {
			continue
		}
		idle += e.plan.Bytes() * int64(len(e.free))
		if idle > maxIdle && i < len(p.entries)-1 {
			idle -= e.plan.Bytes() * int64(len(e.free))
			e.free = nil
		}
	}
}

func (s *Session) prepare(shapes []tensor.Shape, want []int) (*entry, error) {
	e := &entry{want: slices.Clone(want)}
	for _, shape := range shapes {
		e.shapes = append(e.shapes, shape.Clone())
	}
	var err error
	if s.options.Engine == Planned {
		e.plan, err = s.newPlan(e, s.plans.packs)
		if !errors.Is(err, plan.ErrShape) {
			return e, err
		}
		e.plan = nil // shapes that depend on data: only one node after another can tell
	}
	if e.graph, err = s.specialise(s.typed, e); err == nil {
		e.graph.Embed()
	}
	return e, err
}

// acquire returns a state that nobody else uses.
func (s *Session) acquire(e *entry) *plan.State {
	s.plans.mu.Lock()
	defer s.plans.mu.Unlock()
	if n := len(e.free); n > 0 {
		st := e.free[n-1]
		e.free = e.free[:n-1]
		return st
	}
	return e.plan.NewState()
}

func (s *Session) release(e *entry, st *plan.State) {
	s.plans.mu.Lock()
	defer s.plans.mu.Unlock()
	if len(e.free) < goruntime.GOMAXPROCS(0) { // more than that gain nothing by running at the same time
		e.free = append(e.free, st)
	}
	s.plans.trim()
}
