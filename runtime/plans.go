package runtime

import (
	"cmp"
	"context"
	"reflect"
	goruntime "runtime"
	"slices"
	"sync"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/plan"
	"github.com/mixconv/mixconv/tensor"
)

// maxPlans is how many sets of input shapes and outputs a session remembers; the
// one used longest ago goes first.
const maxPlans = 16

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
	shapes  []tensor.Shape
	want    []int      // the outputs' places in the model's, ascending
	outputs []ops.Type // of these; not of the reference engine
	batch   *batch     // nil: all pictures are run together
	plan    *plan.Plan // nil: there is a batch, or the reference engine runs graph
	graph   *graph.Graph
	free    []*plan.State // memory that no run uses
	part    bool          // of batches only: alone, such shapes are run in smaller portions

	rest     *graph.Graph     // what the plan does not reach: see stages.go. Its inputs are the plan's outputs
	deciding []bool           // the inputs of rest whose values decide on shapes
	session  *Session         // that it was made for
	of       *graph.Graph     // the rest that this is a stage of; nil: the model
	values   []*tensor.Tensor // of a stage's inputs, those that decide; else nil
}

// fits reports whether a stage is prepared for what another one is asked for.
func (e *entry) fits(asked *entry) bool {
	return slices.EqualFunc(e.shapes, asked.shapes, tensor.Shape.Equal) &&
		slices.EqualFunc(e.values, asked.values, func(a, b *tensor.Tensor) bool { return reflect.DeepEqual(a, b) })
}

// entry returns what is prepared for shapes and the outputs at want, preparing
// it on first use.
func (s *Session) entry(ctx context.Context, shapes []tensor.Shape, want []int) (*entry, error) {
	s.plans.mu.Lock()
	defer s.plans.mu.Unlock()
	if e := s.find(shapes, want, false); e != nil {
		return e, nil
	}
	e, err := s.add(s.budget(ctx), shapes, want, false)
	if err != nil {
		return nil, s.explain(err)
	}
	return e, nil
}

// find returns what is prepared, or nil, while the plans are locked. With together,
// what it returns runs all pictures together.
func (s *Session) find(shapes []tensor.Shape, want []int, together bool) *entry {
	for _, e := range s.plans.entries {
		if e.session == s && e.of == nil && slices.Equal(e.want, want) && slices.EqualFunc(e.shapes, shapes, tensor.Shape.Equal) &&
			(e.batch == nil || !together) && (!e.part || together) {
			s.plans.use(e)
			return e
		}
	}
	return nil
}

// add prepares what find does not.
func (s *Session) add(b *limit.Budget, shapes []tensor.Shape, want []int, together bool) (*entry, error) {
	e, err := s.prepare(b, shapes, want, together)
	if err = s.checkPacks(err); err == nil {
		s.plans.use(e)
	}
	return e, err
}

// checkPacks returns err, or that of reading the weights. Where a pack may be wrong
// for it, all packs are forgotten: some would be zeros.
func (s *Session) checkPacks(err error) error {
	failed := s.typed.Reads.Err()
	if failed != nil || internal(err) {
		s.plans.packs = new(plan.Packs)
	}
	return cmp.Or(failed, err)
}

// use makes e the entry used last, but for what runs its pictures.
func (p *plans) use(e *entry) {
	p.last(e)
	if e.batch == nil {
		return
	}
	for _, share := range e.batch.shares {
		if share.entry != nil {
			p.last(share.entry)
		}
	}
}

// last puts e behind the other entries, and forgets what was used longest ago.
func (p *plans) last(e *entry) {
	if i := slices.Index(p.entries, e); i >= 0 {
		copy(p.entries[i:], p.entries[i+1:])
		p.entries[len(p.entries)-1] = e
		return
	}
	if len(p.entries) == maxPlans {
		p.entries = slices.Delete(p.entries, 0, 1)
	}
	p.entries = append(p.entries, e)
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

func (s *Session) prepare(b *limit.Budget, shapes []tensor.Shape, want []int, together bool) (_ *entry, err error) {
	defer errs.Recover(&err)
	e := &entry{session: s, want: slices.Clone(want)}
	for _, shape := range shapes {
		e.shapes = append(e.shapes, shape.Clone())
	}
	if s.options.Engine == Planned {
		if together {
			e.part = s.splits(e.shapes)
		} else if e.batch, err = s.batch(b, e); err != nil || e.batch != nil {
			return e, err
		}
		g, err := s.specialise(b, s.passed, e)
		if err == nil {
			err = s.plan(b, e, g)
		}
		return e, err
	}
	if e.graph, err = s.specialise(b, s.typed, e); err == nil {
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

// release takes a state back, unless err says that something panicked while it was
// used.
func (s *Session) release(e *entry, st *plan.State, err error) {
	if internal(err) {
		return
	}
	s.plans.mu.Lock()
	defer s.plans.mu.Unlock()
	if len(e.free) < max(goruntime.GOMAXPROCS(0), s.options.Threads) { // more than that gain nothing by running at the same time
		e.free = append(e.free, st)
	}
	s.plans.trim()
}
