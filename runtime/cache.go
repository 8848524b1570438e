package runtime

import (
	"context"
	"reflect"
	goruntime "runtime"
	"slices"
	"sync"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/plan"
	"github.com/mixconv/mixconv/tensor"
)

// A session is prepared once for each set of input shapes and of outputs, which takes
// milliseconds to seconds, and remembers it. Nothing is prepared under the lock that
// every run takes: who asks for the same waits, all others run on.

// maxPlans is how many sets of input shapes and outputs a session remembers; the
// one used longest ago goes first.
const maxPlans = 16

// maxIdle bounds the memory in bytes that a session keeps for shapes other than
// the last ones.
const maxIdle = 256 << 20

// request is what a session is to be prepared for.
type request struct {
	session  *Session         // of those that share a cache: see overrides.go
	of       *graph.Graph     // the rest of which this is a stage; nil: the model
	shapes   []tensor.Shape   // of the inputs
	values   []*tensor.Tensor // of a stage's inputs, those that decide on shapes; else nil
	want     []int            // the outputs' places in the model's, ascending
	together bool             // all pictures in one plan, though there may be several chunks
}

func (r *request) equal(other *request) bool {
	return r.session == other.session && r.of == other.of && r.together == other.together && slices.Equal(r.want, other.want) &&
		slices.EqualFunc(r.shapes, other.shapes, tensor.Shape.Equal) &&
		slices.EqualFunc(r.values, other.values, func(a, b *tensor.Tensor) bool { return a == b || reflect.DeepEqual(a, b) })
}

// clone is r with lists of its own.
func (r *request) clone() request {
	c := *r
	c.want, c.shapes = slices.Clone(r.want), make([]tensor.Shape, len(r.shapes))
	for i, shape := range r.shapes {
		c.shapes[i] = shape.Clone()
	}
	return c
}

// slot is a request and, once ready is closed, what was prepared for it, or why that
// cannot be.
type slot struct {
	request
	ready    chan struct{}
	prepared prepared
	err      error
	waiting  int // goroutines, while it is among the cache's pending
}

// cache has what was prepared. mu guards it and the idle memory of plans.
type cache struct {
	mu      sync.Mutex
	slots   []*slot // ready, last used last
	pending []*slot

	// preparing is sent to by whoever prepares, and received from when that is done.
	// Who has sent owns packs, and the errors of reading constants: one at a time.
	preparing chan struct{}
	packs     *plan.Packs
}

func newCache() *cache {
	return &cache{preparing: make(chan struct{}, 1), packs: new(plan.Packs)}
}

// get returns what is prepared for r, preparing it on first use. Of the callers that
// wait for the same, one prepares; if its context ends meanwhile, another does.
func (s *Session) get(ctx context.Context, r *request) (prepared, error) {
	c := s.cache
	if found := c.find(r); found != nil {
		return found.prepared, nil
	}
	sl := c.join(r)
	defer c.leave(sl)
	for {
		select {
		case <-sl.ready:
			return sl.prepared, sl.err
		case <-ctx.Done():
			return nil, ctx.Err()
		case c.preparing <- struct{}{}:
			err := s.fulfil(s.budget(ctx), sl)
			<-c.preparing
			if err != nil {
				return nil, err
			}
		}
	}
}

// part is get for something that is a part of what the caller prepares at the moment.
func (s *Session) part(b *limit.Budget, r *request) (*slot, error) {
	if found := s.cache.find(r); found != nil {
		return found, nil
	}
	sl := s.cache.join(r)
	defer s.cache.leave(sl)
	if err := s.fulfil(b, sl); err != nil {
		return nil, err
	}
	return sl, sl.err
}

// fulfil prepares sl, unless somebody else has. Its error is that of b's context: sl
// is then left to others. The caller has sent to preparing.
func (s *Session) fulfil(b *limit.Budget, sl *slot) error {
	if sl.isReady() {
		return nil
	}
	p, err := s.prepare(b, &sl.request)
	if err = s.checkPacks(err); err != nil && b.Err() != nil {
		return b.Err()
	}
	s.cache.settle(sl, p, err)
	return nil
}

func (sl *slot) isReady() bool {
	select {
	case <-sl.ready:
		return true
	default:
		return false
	}
}

// checkPacks returns err, or that of reading the weights. Where a pack may be wrong
// for it, all packs are forgotten: some would be zeros.
func (s *Session) checkPacks(err error) error {
	failed := s.typed.Reads.Err()
	if failed != nil || internal(err) {
		s.cache.packs = new(plan.Packs)
	}
	if failed != nil {
		return failed
	}
	return err
}

// find returns what is ready for r, nil if nothing is.
func (c *cache) find(r *request) *slot {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, sl := range c.slots {
		if sl.equal(r) {
			c.touch(sl)
			return sl
		}
	}
	return nil
}

// join returns the slot for r, whether it is ready or not; leave must follow.
func (c *cache) join(r *request) *slot {
	c.mu.Lock()
	defer c.mu.Unlock()
	is := func(sl *slot) bool { return sl.equal(r) }
	if i := slices.IndexFunc(c.slots, is); i >= 0 { // since find looked
		return c.slots[i]
	}
	i := slices.IndexFunc(c.pending, is)
	if i < 0 {
		i = len(c.pending)
		c.pending = append(c.pending, &slot{request: r.clone(), ready: make(chan struct{})})
	}
	c.pending[i].waiting++
	return c.pending[i]
}

// leave forgets a slot that nobody waits for any more.
func (c *cache) leave(sl *slot) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if sl.waiting--; sl.waiting == 0 {
		c.drop(sl)
	}
}

func (c *cache) drop(sl *slot) {
	if i := slices.Index(c.pending, sl); i >= 0 {
		c.pending = slices.Delete(c.pending, i, i+1)
	}
}

// settle ends the waiting for sl. An error is not remembered.
func (c *cache) settle(sl *slot, p prepared, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(sl)
	if sl.prepared, sl.err = p, err; err == nil {
		c.touch(sl)
	}
	close(sl.ready)
}

// touch makes sl the slot used last, but for what runs its pictures.
func (c *cache) touch(sl *slot) {
	c.moveToEnd(sl)
	if b, ok := sl.prepared.(*batch); ok {
		for i := range b.parts {
			if part := b.parts[i].slot; part != nil {
				c.moveToEnd(part)
			}
		}
	}
}

// moveToEnd puts sl behind the others, and forgets what was used longest ago.
func (c *cache) moveToEnd(sl *slot) {
	if i := slices.Index(c.slots, sl); i >= 0 {
		copy(c.slots[i:], c.slots[i+1:])
		c.slots[len(c.slots)-1] = sl
		return
	}
	if len(c.slots) == maxPlans {
		c.slots = slices.Delete(c.slots, 0, 1)
	}
	c.slots = append(c.slots, sl)
}

// latest is the stage of rest that a run needed last, nil if none is remembered.
func (c *cache) latest(rest *graph.Graph) *planned {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, sl := range slices.Backward(c.slots) {
		if sl.of == rest {
			return sl.prepared.(*planned)
		}
	}
	return nil
}

// acquire returns a state of p that nobody else uses.
func (c *cache) acquire(p *planned) *plan.State {
	if st := c.idle(p); st != nil {
		return st
	}
	return p.plan.NewState()
}

func (c *cache) idle(p *planned) *plan.State {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(p.free)
	if n == 0 {
		return nil
	}
	st := p.free[n-1]
	p.free = p.free[:n-1]
	return st
}

// release takes a state back, unless err says that something panicked while it was
// used. More than run at the same time gain nothing.
func (c *cache) release(p *planned, st *plan.State, threads int, err error) {
	if internal(err) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(p.free) < max(goruntime.GOMAXPROCS(0), threads) {
		p.free = append(p.free, st)
	}
	c.trim()
}

// trim forgets idle memory that was used longest ago until it is bounded. That of
// what was used last stays.
func (c *cache) trim() {
	idle := int64(0)
	for i, sl := range slices.Backward(c.slots) {
		p, ok := sl.prepared.(*planned)
		if !ok {
			continue
		}
		bytes := p.plan.Bytes() * int64(len(p.free))
		if idle += bytes; idle > maxIdle && i < len(c.slots)-1 {
			idle -= bytes
			p.free = nil
		}
	}
}

// close forgets everything. No run is left.
func (c *cache) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slots, c.packs = nil, new(plan.Packs)
}

// exclusively calls f while nobody else prepares anything.
func (c *cache) exclusively(ctx context.Context, f func() error) (err error) {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case c.preparing <- struct{}{}:
	}
	defer func() { <-c.preparing }()
	defer errs.Recover(&err)
	return f()
}
