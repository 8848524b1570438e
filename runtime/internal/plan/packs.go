package plan

import (
	"fmt"
	"slices"
	"sync"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/kernel"
	"github.com/mixconv/mixconv/tensor"
)

// Packs keeps packed weights by the constant that they come from, so that
// plans of one model for other shapes share them. It is safe for goroutines.
type Packs struct {
	mu   sync.Mutex
	made map[packKey]any
	slab kernel.Slab
}

// packKey is where the weights come from, a pointer, and how they are arranged.
type packKey struct {
	source any
	kind   string
}

// expect tells about how much memory the weights of g will take, before any is
// packed.
func (p *Packs) expect(g *graph.Graph) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.made != nil {
		return
	}
	n := 0
	for _, node := range g.Nodes {
		if node.Is(op.Conv, op.MDConv, op.Gemm, op.MatMul) {
			for v := range node.Operands {
				if v.KnownFloats() {
					n += v.Type.Shape.Elements()
				}
			}
		}
	}
	p.slab.Expect(n + n/8) // panels are filled up with zeros
}

// pack returns what make returns, made once per source and kind.
func pack[T any](p *Packs, source any, kind string, make func() T) T {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := packKey{source, kind}
	if got, ok := p.made[key]; ok {
		return got.(T)
	}
	if p.made == nil {
		p.made = map[packKey]any{}
	}
	made := make()
	p.made[key] = made
	return made
}

// conv packs OIHW weights per group as matrices [out][kh·kw·in], or for planar
// pictures as they come.
func (p *Packs) conv(set *kernel.Set, v *graph.Value, groups int, planar bool) []kernel.Packed {
	return pack(p, v.Source(), fmt.Sprint("conv planar ", planar, groups), func() []kernel.Packed {
		shape := v.Type.Shape
		out, in, area := shape[0]/groups, shape[1], shape[2]*shape[3]
		if planar {
			in, area = in*area, 1
		}
		return set.PackConv(&p.slab, v.Rows(in*area), groups, out, in, area)
	})
}

// sources is a packKey's source where a pack is made of several constants; nil
// stands for none.
func sources(values ...*graph.Value) (list [ops.MaxGroups + 2]any) {
	for i, v := range values {
		list[i] = v.Source()
	}
	return list
}

// mixed packs the weights [C,1,kh,kw] of each group for panels of channels, none
// of which crosses a multiple of part.
func (p *Packs) mixed(set *kernel.Set, weights []*graph.Value, groups []kernel.MixedGroup, part int, biasOf *graph.Value, bias []float32) []kernel.Panel {
	return pack(p, sources(append(slices.Clone(weights), biasOf)...), fmt.Sprint("mixed by ", part), func() []kernel.Panel {
		taps := make([]kernel.Rows, len(groups))
		for i, g := range groups {
			taps[i] = weights[i].Rows(g.Window.KH * g.Window.KW)
		}
		return set.PackMixed(&p.slab, groups, part, taps, bias)
	})
}

// expand packs the OIHW weights v for the panels of the Mixed behind, which come
// from the weights behind, by part.
func (p *Packs) expand(set *kernel.Set, v, biasOf *graph.Value, bias []float32, panels []kernel.Panel, behind []*graph.Value, part int) kernel.Expand {
	return pack(p, sources(append(slices.Clone(behind), v, biasOf)...), fmt.Sprint("expand by ", part), func() (e kernel.Expand) {
		k := v.Type.Shape[1:].Elements()
		e.Weights, e.Bias = set.PackExpand(&p.slab, panels, v.Rows(k), bias, k)
		return e
	})
}

// matrix packs Gemm's second operand, [K,N] or, transposed, [N,K].
func (p *Packs) matrix(set *kernel.Set, v *graph.Value, transposed bool) kernel.Packed {
	kind := "matrix"
	if transposed {
		kind = "matrix transposed"
	}
	return pack(p, v.Source(), kind, func() kernel.Packed {
		shape := v.Type.Shape
		if transposed {
			return set.Pack(&p.slab, shape[0], shape[1], v.Rows(shape[1]))
		}
		w := tensor.Data[float32](v.Const())
		return set.Pack(&p.slab, shape[1], shape[0], func(first, n int, buf []float32) []float32 {
			for i := range n * shape[0] {
				buf[i] = w[i%shape[0]*shape[1]+first+i/shape[0]]
			}
			return buf
		})
	})
}

// transposed is where v lies with its last two dimensions exchanged: the place
// has v's dimensions, and other strides.
func (p *Packs) transposed(v *graph.Value) *Place {
	return pack(p, v.Source(), "transposed", func() *Place {
		shape, w := v.Type.Shape, tensor.Data[float32](v.Const())
		place := &Place{buf: &Buffer{dtype: tensor.Float32, size: len(w), data: make([]float32, len(w))}, dims: shape, strides: permuted(shape, lastTwo(len(shape)))}
		transfer(place.buf.data, place.strides, w, rowMajor(shape), shape)
		return place
	})
}

// Len is how many packs there are.
func (p *Packs) Len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.made)
}
