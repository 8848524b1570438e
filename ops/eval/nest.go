package eval

import "github.com/mixconv/mixconv/tensor"

// operands is how many tensors a loop nest may walk through together.
const operands = 3

// loop is one level of a loop nest: how often it runs, and by how much each
// operand's offset moves from one time to the next.
type loop struct {
	n    int
	step [operands]int
}

// strides returns the row-major strides of a shape.
func strides(s tensor.Shape) []int {
	st := make([]int, len(s))
	n := 1
	for i := len(s) - 1; i >= 0; i-- {
		st[i] = n
		n *= s[i]
	}
	return st
}

// broadcastSteps returns the strides with which s is read along the axes of
// out: 0 where it repeats.
func broadcastSteps(s, out tensor.Shape) []int {
	steps := make([]int, len(out))
	lead := len(out) - len(s)
	for i, st := range strides(s) {
		if s[i] != 1 {
			steps[lead+i] = st
		}
	}
	return steps
}

// nest builds the loops over shape from the steps of each operand, joining
// levels that can run as one.
func nest(shape tensor.Shape, steps ...[]int) []loop {
	var loops []loop
	for axis, n := range shape {
		l := loop{n: n}
		for k, st := range steps {
			l.step[k] = st[axis]
		}
		switch n {
		case 0:
			return []loop{{}} // nothing to do, however large the other axes are
		case 1:
			continue
		}
		if last := len(loops) - 1; last >= 0 && loops[last].encloses(l) {
			l.n *= loops[last].n
			loops[last] = l
			continue
		}
		loops = append(loops, l)
	}
	if len(loops) == 0 {
		loops = []loop{{n: 1}}
	}
	return loops
}

// encloses reports whether stepping the outer loop once is stepping the inner
// one through, for every operand.
func (outer loop) encloses(inner loop) bool {
	for k := range operands {
		if outer.step[k] != inner.step[k]*inner.n {
			return false
		}
	}
	return true
}

// walk runs the loops. row runs the innermost, or a part of it, from the
// operands' offsets at.
func (r *run) walk(loops []loop, at [operands]int, row func(l loop, at [operands]int)) error {
	l := loops[0]
	for left := l.n; left > 0; {
		n := 1
		if len(loops) > 1 {
			if err := r.walk(loops[1:], at, row); err != nil {
				return err
			}
		} else {
			n = min(left, workBetweenChecks)
			row(loop{n, l.step}, at)
			if err := r.spend(n); err != nil {
				return err
			}
		}
		left -= n
		for k, s := range l.step {
			at[k] += n * s
		}
	}
	return nil
}
