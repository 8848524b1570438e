package plan

import (
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/kernel"
)

// maxPool lowers MaxPool in two dimensions.
func (p *planner) maxPool(n *graph.Node) error {
	if len(n.In[0].Type.Shape) != 4 {
		return errNoKernel
	}
	call, err := n.Call()
	if err != nil {
		return err
	}
	c, err := ops.PoolOf(call)
	if err != nil {
		return err
	}
	in, err := p.image(n.In[0])
	if err != nil {
		return err
	}
	out := p.writeImage(n.Out[0])
	p.step(n, "max pool", []*Place{in}, []*Place{out}, func(mem *memory) kernel.Job {
		return kernel.MaxPool{Window: window(c), In: in.image(mem), Out: out.image(mem)}.Bind(p.plan.set)
	})
	return nil
}
