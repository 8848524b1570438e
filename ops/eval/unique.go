package eval

import (
	"cmp"
	"slices"

	"github.com/mixconv/mixconv/tensor"
)

// unique finds the different elements, or slices along the axis: sorted, or in
// the order in which they come.
func unique(r *run) error {
	in, axis := r.in[0].Reshape(r.in[0].Elements()), 0
	if r.Attrs.Has("axis") {
		var err error
		in = r.in[0]
		if axis, err = r.Axis(); err != nil {
			return err
		}
	}
	n := in.Shape[axis]
	compare, err := r.comparison(in, axis)
	if err != nil {
		return err
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	if err := r.sort(order, in.Elements()/max(n, 1), compare); err != nil {
		return err
	}
	var firsts, counts []int // of each group of equals: the first, and how many
	group := make([]int, n)
	for k, i := range order {
		if k == 0 || compare(order[k-1], i) != 0 {
			firsts, counts = append(firsts, i), append(counts, 0)
		}
		group[i] = len(firsts) - 1
		counts[group[i]]++
	}
	rank := make([]int, len(firsts)) // the groups in the order of the output
	for i := range rank {
		rank[i] = i
	}
	if r.Attrs.Int("sorted", 1) == 0 {
		slices.SortFunc(rank, func(a, b int) int { return cmp.Compare(firsts[a], firsts[b]) })
	}
	return r.giveUnique(in, axis, rank, firsts, counts, group)
}

// comparison orders the slices of t along an axis, as lists.
func (r *run) comparison(t *tensor.Tensor, axis int) (func(a, b int) int, error) {
	rows := rowsOver(t.Shape, axesBut(axis, len(t.Shape)))
	var offsets []int
	if _, err := r.scratch(rows.n); err != nil {
		return nil, err
	}
	err := r.walk(rows.inside, [operands]int{}, func(l loop, at [operands]int) {
		for i := range l.n {
			offsets = append(offsets, at[0]+i*l.step[0])
		}
	})
	if err != nil {
		return nil, err
	}
	step := strides(t.Shape)[axis]
	if text, ok := t.Data.([]string); ok {
		return compareSlices(text, offsets, step), nil
	}
	wide, err := r.widest(t)
	if err != nil {
		return nil, err
	}
	switch x := wide.Data.(type) {
	case []float64:
		return compareSlices(x, offsets, step), nil
	case []int64:
		return compareSlices(x, offsets, step), nil
	case []uint64:
		return compareSlices(x, offsets, step), nil
	}
	return nil, r.noType()
}

func compareSlices[T cmp.Ordered](x []T, offsets []int, step int) func(a, b int) int {
	return func(a, b int) int {
		for _, o := range offsets {
			if c := cmp.Compare(x[a*step+o], x[b*step+o]); c != 0 {
				return c
			}
		}
		return 0
	}
}

func axesBut(axis, rank int) []bool {
	over := axesFrom(0, rank)
	over[axis] = false
	return over
}

func (r *run) giveUnique(in *tensor.Tensor, axis int, rank, firsts, counts, group []int) error {
	shape := in.Shape.Clone()
	shape[axis] = len(rank)
	if err := r.make(0, shape); err != nil {
		return err
	}
	place := make([]int, len(rank)) // of each group in the output
	for to, g := range rank {
		place[g] = to
	}
	lists := [][]int64{1: make([]int64, len(rank)), 2: make([]int64, len(group)), 3: make([]int64, len(rank))}
	for g, to := range place {
		lists[1][to], lists[3][to] = int64(firsts[g]), int64(counts[g])
	}
	for i, g := range group {
		lists[2][i] = int64(place[g])
	}
	for i := 1; i < len(r.out); i++ {
		r.out[i] = tensor.Of(lists[i], len(lists[i]))
	}
	if r.out[0].Elements() == 0 {
		return nil
	}
	return r.slabs(shape, axis, len(rank), whole(r.out[0]), whole(in), func(i int) int { return firsts[rank[i]] })
}
