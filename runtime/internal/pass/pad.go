package pass

import (
	"github.com/mixconv/mixconv/ops/op"
	"slices"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/runtime/internal/graph"
)

// pads moves a Pad with zeros around the picture into the Conv that reads it.
func pads(b *limit.Budget, g *graph.Graph) (bool, error) {
	return edit(b, g, func(e *editor, n *graph.Node) ([]*graph.Node, error) {
		if !n.Is(op.Conv) || n.Attrs.String("auto_pad", "NOTSET") != "NOTSET" {
			return nil, nil
		}
		pad := e.only(n.In[0])
		begin, end, ok := zeroPads(pad)
		if !ok {
			return nil, nil
		}
		spatial := len(begin) - 2
		sum := make([]int64, 2*spatial)
		copy(sum, n.Attrs.Ints("pads"))
		for i := range spatial {
			sum[i] += int64(begin[i+2])
			sum[spatial+i] += int64(end[i+2])
		}
		in := append([]*graph.Value{pad.In[0]}, n.In[1:]...)
		return []*graph.Node{n.With(with(n.Attrs, "pads", sum), in, n.Out)}, nil
	})
}

// zeroPads returns the amounts of a Pad that adds zeros to spatial dimensions
// only, and takes nothing away.
func zeroPads(n *graph.Node) (begin, end []int, ok bool) {
	if !n.Is(op.Pad) || n.Attrs.String("mode", "constant") != "constant" {
		return nil, nil, false
	}
	begin, end, ok = padding(n)
	if !ok || len(begin) < 3 || begin[0]|begin[1]|end[0]|end[1] != 0 {
		return nil, nil, false
	}
	if len(n.In) > 2 && n.In[2] != nil {
		value, known := number(n.In[2])
		ok = known && value == 0
	}
	return begin, end, ok && slices.Min(begin) >= 0 && slices.Min(end) >= 0
}
