package plan

import (
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/kernel"
)

// resize lowers Resize and Upsample of pictures in height and width. A part
// of a picture is not for it.
func (p *planner) resize(n *graph.Node) error {
	shape := n.In[0].Type.Shape
	z, err := resolve(n, ops.ResizeOf)
	if err != nil {
		return err
	}
	if len(shape) != 4 || !shape[:2].Equal(z.Out[:2]) || !z.Scale[0].One() || !z.Scale[1].One() || z.Coordinates == "tf_crop_and_resize" {
		return errNoKernel
	}
	in, err := p.image(n.In[0])
	if err != nil {
		return err
	}
	k := kernel.Resize{In: in.image(nil), Rows: taps(z, 2, shape[2]), Cols: taps(z, 3, shape[3])}
	out := p.writeImage(n.Out[0])
	p.plan.scratch = max(p.plan.scratch, k.ScratchSize())
	p.step(n, "resize", []*Place{in}, []*Place{out}, func(mem *memory) kernel.Job {
		k := k
		k.In, k.Out, k.Work = in.image(mem), out.image(mem), mem.workspace
		return k.Bind()
	})
	return nil
}

// taps lists, for each index of an axis of the result, what of n inputs it is
// made of.
func taps(z ops.Resize, axis, n int) [][]kernel.Tap {
	list := make([][]kernel.Tap, z.Out[axis])
	for i := range list {
		if z.Scale[axis].One() {
			list[i] = []kernel.Tap{{From: i, Weight: 1}}
			continue
		}
		all, _ := z.Taps(axis, i, n)
		for _, t := range all {
			if t.Weight != 0 {
				list[i] = append(list[i], kernel.Tap{From: t.From, Weight: float32(t.Weight)})
			}
		}
	}
	return list
}
