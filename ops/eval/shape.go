package eval

import "github.com/mixconv/mixconv/ops"

func split(r *run) error {
	axis, _, err := ops.SplitOf(r.Call)
	if err != nil {
		return err
	}
	src := whole(r.in[0])
	for _, out := range r.out {
		if err := r.copy(out.Shape, whole(out), src); err != nil {
			return err
		}
		src = src.from(axis, out.Shape[axis])
	}
	return nil
}
