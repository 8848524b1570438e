package plan

import (
	"sync"

	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/kernel"
	"github.com/mixconv/mixconv/tensor"
)

// Packs keeps packed weights by the constant that they come from, so that
// plans of one model for other shapes share them. It is safe for goroutines.
type Packs struct {
	mu   sync.Mutex
	made map[packKey]any
}

// packKey is where the weights come from, a pointer, and how they are arranged.
type packKey struct {
	source any
	kind   string
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

// conv packs OIHW weights per group as matrices [out][kh·kw·in].
func (p *Packs) conv(set *kernel.Set, v *graph.Value, groups int) []kernel.Packed {
	return pack(p, v.Const(), "conv", func() []kernel.Packed {
		shape, w := v.Type.Shape, tensor.Data[float32](v.Const())
		out, in, area := shape[0]/groups, shape[1], shape[2]*shape[3]
		list := make([]kernel.Packed, groups)
		for g := range list {
			list[g] = set.Pack(out, in*area, func(row, i int) float32 {
				tap, c := i/in, i%in
				return w[((g*out+row)*in+c)*area+tap]
			})
		}
		return list
	})
}

// depthwise arranges weights [C,1,kh,kw] as [kh·kw][C].
func (p *Packs) depthwise(v *graph.Value, w []float32) []float32 {
	return pack(p, v.Const(), "depthwise", func() []float32 {
		channels, area := v.Type.Shape[0], v.Type.Shape[2]*v.Type.Shape[3]
		out := make([]float32, len(w))
		for c := range channels {
			for tap := range area {
				out[tap*channels+c] = w[c*area+tap]
			}
		}
		return out
	})
}

// planes arranges a group's weights, which depthwise made, for the work on
// planes.
func (p *Packs) planes(set *kernel.Set, g *kernel.MixedGroup) []float32 {
	return pack(p, &g.Weights[0], "planes", func() []float32 { return set.PackPlanes(g.Weights, g.Channels) })
}

// expand packs the pointwise OIHW weights v for the groups of the Mixed behind:
// a matrix [channels][in] each.
func (p *Packs) expand(set *kernel.Set, v *graph.Value, groups []kernel.MixedGroup) []kernel.Packed {
	return pack(p, v.Const(), "expand", func() []kernel.Packed {
		w, in := tensor.Data[float32](v.Const()), v.Type.Shape[1]
		var list []kernel.Packed
		from := 0
		for _, g := range groups {
			list = append(list, set.Pack(g.Channels, in, func(row, i int) float32 { return w[(from+row)*in+i] }))
			from += g.Channels
		}
		return list
	})
}

// matrix packs Gemm's second operand, [K,N] or, transposed, [N,K].
func (p *Packs) matrix(set *kernel.Set, v *graph.Value, transposed bool) kernel.Packed {
	kind := "matrix"
	if transposed {
		kind = "matrix transposed"
	}
	return pack(p, v.Const(), kind, func() kernel.Packed {
		shape, w := v.Type.Shape, tensor.Data[float32](v.Const())
		if transposed {
			return set.Pack(shape[0], shape[1], func(row, i int) float32 { return w[row*shape[1]+i] })
		}
		return set.Pack(shape[1], shape[0], func(row, i int) float32 { return w[i*shape[1]+row] })
	})
}
