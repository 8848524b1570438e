package runtime

import (
	"sync"

	"github.com/mixconv/mixconv/runtime/internal/plan"
	"github.com/mixconv/mixconv/tensor"
)

// arguments are one run's inputs and outputs in the model's order.
type arguments struct {
	in, out []*tensor.Tensor
	shapes  []tensor.Shape
	want    []int // the outputs' places in the model's

	batch  *plan.Batch // made once it is needed
	states [2][]*plan.State
}

// argumentPool lets runs reuse their lists, so that a steady run allocates
// nothing. It keeps as many as ever ran at the same time.
type argumentPool struct {
	mu   sync.Mutex
	free []*arguments
}

func (p *argumentPool) get() *arguments {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.free)
	if n == 0 {
		return &arguments{}
	}
	a := p.free[n-1]
	p.free = p.free[:n-1]
	return a
}

// put forgets the tensors and keeps the lists.
func (p *argumentPool) put(a *arguments) {
	clear(a.in)
	clear(a.out)
	clear(a.shapes)
	a.in, a.out, a.shapes, a.want = a.in[:0], a.out[:0], a.shapes[:0], a.want[:0]
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, a)
}
