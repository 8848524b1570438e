package eval

import (
	"math"

	"github.com/mixconv/mixconv/ops"
)

func maxPool(r *run) error {
	g, err := ops.MaxPoolOf(r.Call)
	if err != nil {
		return err
	}
	l, err := newLattice(r, g)
	if err != nil {
		return err
	}
	switch x := r.in[0].Data.(type) {
	case []int8:
		return maxPlanes(r, l, g, x, math.MinInt8, copyPlane(r.out[0].Data.([]int8)))
	case []uint8:
		return maxPlanes(r, l, g, x, 0, copyPlane(r.out[0].Data.([]uint8)))
	case []float64:
		return maxPlanes(r, l, g, x, math.Inf(-1), copyPlane(r.out[0].Data.([]float64)))
	}
	x, err := r.widen(r.in[0])
	if err != nil {
		return err
	}
	row, err := r.scratch(g.Out[2:].Elements())
	if err != nil {
		return err
	}
	return maxPlanes(r, l, g, x.([]float32), float32(math.Inf(-1)), func(at int, plane []float32) {
		for i, v := range plane {
			row[i] = float64(v)
		}
		store(r.out[0], at, 1, row)
	})
}

func copyPlane[T any](out []T) func(at int, plane []T) {
	return func(at int, plane []T) { copy(out[at:], plane) }
}

// maxPlanes pools every channel of every picture, and hands each plane over
// with its place in the output.
func maxPlanes[T int8 | uint8 | float32 | float64](r *run, l *lattice, g ops.Conv, x []T, least T, give func(at int, plane []T)) error {
	in, out := r.in[0].Shape[2:].Elements(), g.Out[2:].Elements()
	if _, err := r.scratch(out); err != nil {
		return err
	}
	plane := make([]T, out)
	for i := range g.Out[0] * g.Out[1] {
		for j := range plane {
			plane[j] = least
		}
		for _, z := range l.spans[0] {
			for _, y := range l.spans[1] {
				for _, c := range l.spans[2] {
					maxTap(l, plane, x[i*in:][:in], z, y, c)
					if err := r.spend((z.hi - z.lo) * (y.hi - y.lo) * (c.hi - c.lo)); err != nil {
						return err
					}
				}
			}
		}
		give(i*out, plane)
	}
	return nil
}

// maxTap takes in what one place of the window sees. NaN stays.
func maxTap[T int8 | uint8 | float32 | float64](l *lattice, plane, x []T, z, y, c span) {
	for oz, iz := z.lo, z.in; oz < z.hi; oz, iz = oz+1, iz+l.stride[0] {
		for oy, iy := y.lo, y.in; oy < y.hi; oy, iy = oy+1, iy+l.stride[1] {
			row := x[(iz*l.in[1]+iy)*l.in[2]+c.in:]
			most := plane[(oz*l.out[1]+oy)*l.out[2]+c.lo:][:c.hi-c.lo]
			for i := range most {
				if v := row[i*l.stride[2]]; v > most[i] || v != v {
					most[i] = v
				}
			}
		}
	}
}
