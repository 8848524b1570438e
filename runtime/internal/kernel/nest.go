package kernel

import "slices"

// Nest is a loop nest over operands of one shape and any strides (0 repeats).
// Dimensions are ordered by the first operand's strides and merged where all
// operands allow it, so that contiguous data is one flat loop.
type Nest struct {
	dims    []int   // outermost first; at least one
	strides [][]int // [operand][dimension]
}

// maxNest is the largest rank after merging that a Nest takes.
const maxNest = 8

// NewNest returns the nest, or false if more than maxNest dimensions remain.
func NewNest(dims []int, strides ...[]int) (Nest, bool) {
	order := make([]int, 0, len(dims))
	for d, size := range dims {
		if size != 1 {
			order = append(order, d)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return strides[0][b] - strides[0][a] })
	n := Nest{strides: make([][]int, len(strides))}
	for _, d := range order {
		n.add(dims[d], d, strides)
	}
	if len(n.dims) == 0 {
		n.dims = []int{1}
		for i := range n.strides {
			n.strides[i] = []int{1}
		}
	}
	n.lengthen()
	return n, len(n.dims) <= maxNest
}

// shortRun is an innermost loop so short that its overhead dominates.
const shortRun = 8

// lengthen swaps the two innermost dimensions if that makes a short innermost
// loop longer: three channels of a picture are walked one after another.
func (n *Nest) lengthen() {
	last := len(n.dims) - 1
	if last < 1 || n.dims[last] >= shortRun || n.dims[last-1] <= n.dims[last] {
		return
	}
	n.dims[last], n.dims[last-1] = n.dims[last-1], n.dims[last]
	for _, s := range n.strides {
		s[last], s[last-1] = s[last-1], s[last]
	}
}

// add puts dimension d innermost, merged with the one before where they form
// one even run for every operand.
func (n *Nest) add(size, d int, strides [][]int) {
	last := len(n.dims) - 1
	merge := last >= 0
	for i := range strides {
		merge = merge && n.strides[i][last] == size*strides[i][d]
	}
	if merge {
		n.dims[last] *= size
		for i := range strides {
			n.strides[i][last] = strides[i][d]
		}
		return
	}
	n.dims = append(n.dims, size)
	for i := range strides {
		n.strides[i] = append(n.strides[i], strides[i][d])
	}
}

// run is the innermost loop: n elements of each operand from offset on, stride
// apart.
type run struct {
	n              int
	offset, stride [3]int
}

// nestTask is how many elements a task has at least.
const nestTask = 1 << 13

// bind returns a job that calls inner for every innermost run.
func (n Nest) bind(inner func(run)) Job {
	last := len(n.dims) - 1
	outer := 1
	for _, d := range n.dims[:last] {
		outer *= d
	}
	if n.dims[last] == 0 || outer == 0 {
		return Job{}
	}
	if outer == 1 {
		return n.bindFlat(inner)
	}
	per := max(1, nestTask/n.dims[last])
	return Job{Tasks: (outer + per - 1) / per, Run: func(task, _ int) {
		for i := task * per; i < min((task+1)*per, outer); i++ {
			inner(n.at(i))
		}
	}}
}

func (n Nest) bindFlat(inner func(run)) Job {
	size := n.dims[len(n.dims)-1]
	return Job{Tasks: (size + nestTask - 1) / nestTask, Run: func(task, _ int) {
		r := n.at(0)
		first := task * nestTask
		for i := range n.strides {
			r.offset[i] += first * r.stride[i]
		}
		r.n = min(nestTask, size-first)
		inner(r)
	}}
}

// at is the i-th innermost run.
func (n Nest) at(i int) run {
	last := len(n.dims) - 1
	r := run{n: n.dims[last]}
	for k, s := range n.strides {
		r.stride[k] = s[last]
	}
	for d := last - 1; d >= 0; d-- {
		j := i % n.dims[d]
		i /= n.dims[d]
		for k, s := range n.strides {
			r.offset[k] += j * s[d]
		}
	}
	return r
}
