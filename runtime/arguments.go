package runtime

import (
	"errors"
	"sync"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/runtime/internal/plan"
	"github.com/mixconv/mixconv/tensor"
)

// arguments are one run's inputs and outputs in the model's order.
type arguments struct {
	in, out []*tensor.Tensor
	shapes  []tensor.Shape
	want    []int // the outputs' places in the model's
	threads int   // goroutines that compute

	batch  *plan.Batch // made once it is needed
	states [2][]*plan.State
}

// argumentPool lets runs reuse their lists, so that a steady run allocates
// nothing, and knows how many there are. It keeps as many as ever ran at the same
// time.
type argumentPool struct {
	mu      sync.Mutex
	free    []*arguments
	running int
	idle    chan struct{} // nil, or closed when no run is left and none may begin
}

// errClosed is what a closed session says.
var errClosed = errors.New("the session is closed")

// get is for a run that begins; put must follow.
func (p *argumentPool) get() (*arguments, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.idle != nil {
		return nil, errClosed
	}
	p.running++
	n := len(p.free)
	if n == 0 {
		return &arguments{}, nil
	}
	a := p.free[n-1]
	p.free = p.free[:n-1]
	return a, nil
}

// put ends a run. It forgets the tensors and keeps the lists, unless err says that
// something panicked: then nothing that the run used is used again.
func (p *argumentPool) put(a *arguments, err error) {
	clear(a.in)
	clear(a.out)
	clear(a.shapes)
	a.in, a.out, a.shapes, a.want = a.in[:0], a.out[:0], a.shapes[:0], a.want[:0]
	p.mu.Lock()
	defer p.mu.Unlock()
	if !internal(err) {
		p.free = append(p.free, a)
	}
	if p.running--; p.running == 0 && p.idle != nil {
		close(p.idle)
	}
}

// close lets no other run begin, and waits for those that have.
func (p *argumentPool) close() {
	p.mu.Lock()
	if p.idle == nil {
		p.idle = make(chan struct{})
		if p.running == 0 {
			close(p.idle)
		}
	}
	idle := p.idle
	p.mu.Unlock()
	<-idle
}

// internal reports whether err is that something panicked.
func internal(err error) bool { return err != nil && errors.As(err, new(*errs.InternalError)) }

// end is deferred by what got a run's arguments, and makes an error of a panic.
func (s *Session) end(args *arguments, err *error) {
	if value := recover(); value != nil {
		*err = s.explain(errs.Internal(value))
	}
	s.scratch.put(args, *err)
}
