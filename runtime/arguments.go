package runtime

import (
	"sync"

	"github.com/mixconv/mixconv/tensor"
)

// arguments are one run's inputs and outputs in the model's order.
type arguments struct {
	in, out []*tensor.Tensor
	shapes  []tensor.Shape
}

// argumentPool lets runs reuse their lists, so that a steady run allocates
// nothing.
type argumentPool struct{ pool sync.Pool }

func (p *argumentPool) get() *arguments {
	if a, ok := p.pool.Get().(*arguments); ok {
		return a
	}
	return &arguments{}
}

// put forgets the tensors and keeps the lists.
func (p *argumentPool) put(a *arguments) {
	clear(a.in)
	clear(a.out)
	clear(a.shapes)
	a.in, a.out, a.shapes = a.in[:0], a.out[:0], a.shapes[:0]
	p.pool.Put(a)
}
