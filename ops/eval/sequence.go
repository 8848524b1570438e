package eval

import (
	"errors"
	"fmt"
	"slices"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/tensor"
)

// list makes a sequence of these elements of output i.
func (r *run) list(i int, elements []*tensor.Tensor) error {
	bytes := int64(0)
	for _, t := range elements {
		if bytes += memory(t.DType, t.Shape) + 64; bytes > r.most {
			return limit.Exceeded("output %d: a sequence of %d elements needs more than %d bytes", i, len(elements), r.most)
		}
	}
	r.out[i] = tensor.SequenceOf(r.types[i].DType.Sequence(), elements...)
	return r.spend(len(elements))
}

// position is where in a sequence of n elements input i, an index from the end
// if it is negative, points to. At most most is allowed.
func (r *run) position(i, n, most int) (int, error) {
	index, err := r.as(tensor.Int64, r.in[i])
	if err != nil {
		return 0, err
	}
	at := tensor.Data[int64](index)[0]
	if at < int64(-n) || at > int64(most) {
		return 0, fmt.Errorf("input %d: position %d in a sequence of %d elements", i, at, n)
	}
	return wrapped(at, n), nil
}

// pass gives input 0 on as it is, which may be a sequence, or absent.
func pass(r *run) error {
	if len(r.in) == 0 || r.in[0] == nil || r.in[0].DType.IsSequence() {
		if r.out[0] = nil; len(r.in) > 0 {
			r.out[0] = r.in[0]
		}
		return nil
	}
	r.out[0] = r.in[0].Clone()
	return r.spend(r.out[0].Elements())
}

func hasElement(r *run) error {
	tensor.Data[bool](r.out[0])[0] = len(r.in) > 0 && r.in[0] != nil
	return nil
}

func getElement(r *run) error {
	if r.in[0] == nil {
		return errors.New("the optional input has no element")
	}
	return pass(r)
}

func sequenceConstruct(r *run) error {
	elements := make([]*tensor.Tensor, len(r.in))
	for i, t := range r.in {
		elements[i] = t.Clone()
	}
	return r.list(0, elements)
}

func sequenceEmpty(r *run) error { return r.list(0, nil) }

func sequenceInsert(r *run) error {
	elements := r.in[0].List()
	at := len(elements)
	if r.has(2) {
		var err error
		if at, err = r.position(2, len(elements), len(elements)); err != nil {
			return err
		}
	}
	return r.list(0, slices.Insert(slices.Clone(elements), at, r.in[1].Clone()))
}

func sequenceErase(r *run) error {
	elements := r.in[0].List()
	at := len(elements) - 1
	if r.has(1) {
		var err error
		if at, err = r.position(1, len(elements), len(elements)-1); err != nil {
			return err
		}
	}
	if at < 0 {
		return errors.New("the sequence is empty")
	}
	return r.list(0, slices.Delete(slices.Clone(elements), at, at+1))
}

func sequenceAt(r *run) error {
	elements := r.in[0].List()
	at, err := r.position(1, len(elements), len(elements)-1)
	if err != nil {
		return err
	}
	r.out[0] = elements[at].Clone()
	return r.spend(r.out[0].Elements())
}

func sequenceLength(r *run) error {
	tensor.Data[int64](r.out[0])[0] = int64(len(r.in[0].List()))
	return nil
}

// apply runs k, the kernel of the newest version of another operator.
func (r *run) apply(k kernel, name string, attrs ops.Attrs, outputs int, in ...*tensor.Tensor) ([]*tensor.Tensor, error) {
	op, version, err := ops.Lookup("", name, ops.MaxOpset)
	if err != nil {
		return nil, err
	}
	types := make([]ops.Type, len(in))
	for i, t := range in {
		types[i] = ops.TypeOf(t)
	}
	sub := &run{in: in, work: r.work, budget: r.budget, most: r.most}
	if sub.Call, err = ops.NewCall(op, version, attrs, types, outputs); err != nil {
		return nil, err
	}
	if sub.types, err = sub.Infer(); err != nil {
		return nil, err
	}
	if err := sub.allocate(); err != nil || sub.nothing() {
		return sub.out, err
	}
	err = k(sub)
	r.work = sub.work
	return sub.out, err
}

// concatFromSequence concatenates, along an axis of the elements or a new one.
func concatFromSequence(r *run) error {
	elements := slices.Clone(r.in[0].List())
	if len(elements) == 0 {
		return errors.New("the sequence is empty")
	}
	axis := r.Attrs.Int("axis", 0)
	if r.Attrs.Int("new_axis", 0) != 0 {
		for i, t := range elements {
			more, err := r.apply(reshape, "Unsqueeze", nil, 1, t, tensor.Of([]int64{axis}, 1))
			if err != nil {
				return err
			}
			elements[i] = more[0]
		}
	}
	out, err := r.apply(concat, "Concat", ops.Attrs{"axis": axis}, 1, elements...)
	if err != nil {
		return err
	}
	r.out[0] = out[0]
	return nil
}

func splitToSequence(r *run) error {
	p, err := ops.PartsOf(r.Call)
	if err != nil {
		return err
	}
	if len(p.Sizes) == 0 {
		return r.list(0, nil)
	}
	sizes := make([]int64, len(p.Sizes))
	for i, n := range p.Sizes {
		sizes[i] = int64(n)
	}
	parts, err := r.apply(split, "Split", ops.Attrs{"axis": int64(p.Axis)}, len(sizes), r.in[0], tensor.Of(sizes, len(sizes)))
	if err != nil {
		return err
	}
	for i, t := range parts {
		if p.Drop {
			parts[i] = t.Reshape(slices.Delete(t.Shape.Clone(), p.Axis, p.Axis+1)...)
		}
	}
	return r.list(0, parts)
}

// sequenceMap runs its body for each element of input 0.
func sequenceMap(r *run) error {
	_, first, _ := r.Body("body")
	n := len(r.in[0].List())
	results := make([][]*tensor.Tensor, len(r.out))
	for i := range n {
		formal := slices.Clone(r.in[:first])
		for k, t := range formal {
			if !t.DType.IsSequence() {
				continue
			}
			if len(t.List()) != n {
				return fmt.Errorf("input %d: a sequence of %d elements, the first one has %d", k, len(t.List()), n)
			}
			formal[k] = t.List()[i]
		}
		out, err := r.body("body", formal...)
		if err != nil {
			return err
		}
		for k, t := range out {
			results[k] = append(results[k], t)
		}
	}
	for k, list := range results {
		if err := r.list(k, list); err != nil {
			return err
		}
	}
	return nil
}
