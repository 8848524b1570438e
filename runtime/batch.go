package runtime

import (
	"context"
	"slices"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/plan"
	"github.com/mixconv/mixconv/tensor"
)

// batch is how the pictures of an entry are run in portions: with the plans and
// in the memory of the entries for these.
type batch struct {
	pictures int
	shares   [2]share
}

// share is a part of a batch: count portions of size pictures, from first on.
type share struct {
	entry              *entry // runs one of them
	first, count, size int
}

// portion is how many pictures a worker takes at a time, at most. Fewer read the
// weights more often, more leave no room for them in the caches: of 1, 2, 4, 8
// and 16 it is best for MixNets, EfficientNets and MobileNets.
const portion = 4

// A batch is run in portions if a picture is so much work, in multiply-adds,
// that to begin one does not matter, and so much for each weight that to read
// the weights again does not.
const (
	leastWork      = 1 << 17
	leastPerWeight = 16
)

// split makes portions of a batch, as many for each thread if that can be, of
// sizes that differ by at most one; the larger ones come first.
func (s *Session) split(pictures int) [2]share {
	rounds := (pictures + portion*s.options.Threads - 1) / (portion * s.options.Threads)
	portions := max(1, min(rounds*s.options.Threads, pictures))
	size, larger := pictures/portions, pictures%portions
	return [2]share{
		{count: larger, size: size + 1},
		{count: portions - larger, size: size, first: larger * (size + 1)},
	}
}

// splits reports whether there is more than one of them.
func (s *Session) splits(shapes []tensor.Shape) bool {
	shares := s.split(commonBatch(shapes))
	return shares[0].count+shares[1].count > 1
}

// batch returns how to run inputs of e's shapes in portions; nil if that cannot
// be or does not pay, and all are run together.
func (s *Session) batch(budget *limit.Budget, e *entry) (*batch, error) {
	if !s.splits(e.shapes) {
		return nil, nil
	}
	one, err := s.specialise(budget, s.passed, e.withBatch(1))
	if err != nil || !s.worth(workOf(one)) {
		return nil, nil
	}
	b := &batch{pictures: commonBatch(e.shapes)}
	b.shares = s.split(b.pictures)
	var ok bool
	if e.outputs, ok = s.separable(budget, e, one); !ok {
		return nil, nil
	}
	for i := range b.shares {
		share := &b.shares[i]
		if share.count == 0 {
			continue
		}
		part := e.withBatch(share.size)
		if _, ok := s.separable(budget, part, one); !ok {
			return nil, nil
		}
		if share.entry = s.find(part.shapes, part.want, true); share.entry != nil {
			continue
		}
		if share.entry, err = s.add(budget, part.shapes, part.want, true); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// separable reports whether inputs of e's shapes give what one gives for each
// picture, and returns the types of the outputs.
func (s *Session) separable(budget *limit.Budget, e *entry, one *graph.Graph) (outputs []ops.Type, ok bool) {
	all, err := s.specialise(budget, s.passed, e)
	if err != nil || commonBatch(e.shapes) > 1 && graph.Separable(all, one) != nil {
		return nil, false
	}
	for _, o := range all.Outputs {
		t := o.Value.Type
		if _, bytes, err := tensor.Size(t.DType, t.Shape); err != nil || bytes > s.options.Limits.TensorBytes {
			return nil, false
		}
		outputs = append(outputs, t)
	}
	return outputs, true
}

// commonBatch is the first dimension of all shapes, 0 if there is none.
func commonBatch(shapes []tensor.Shape) int {
	pictures := 0
	for i, shape := range shapes {
		if len(shape) == 0 || i > 0 && shape[0] != pictures {
			return 0
		}
		pictures = shape[0]
	}
	return pictures
}

// withBatch is an entry, unprepared, for so many pictures in place of e's.
func (e *entry) withBatch(pictures int) *entry {
	part := &entry{want: e.want}
	for _, shape := range e.shapes {
		shape = shape.Clone()
		shape[0] = pictures
		part.shapes = append(part.shapes, shape)
	}
	return part
}

// work is what a run of one picture computes, and with how many weights.
type work struct{ macs, weights int64 }

func (w work) enough() bool { return w.macs >= leastWork && w.macs >= leastPerWeight*w.weights }

func workOf(g *graph.Graph) (w work) {
	for _, n := range g.Nodes {
		call, err := n.Call()
		if err != nil {
			continue
		}
		macs := ops.MACs(call)
		for _, v := range n.In {
			if v.Known() && macs > 0 {
				w.weights += int64(v.Type.Shape.Elements())
			}
		}
		w.macs += macs
	}
	return w
}

// run computes all pictures.
func (b *batch) run(ctx context.Context, s *Session, args *arguments, out []*tensor.Tensor) error {
	if args.batch == nil {
		args.batch = plan.NewBatch(s.options.Threads)
	}
	var shares [2]plan.Share
	for i, share := range b.shares {
		states := args.states[i][:0]
		for range min(share.count, s.options.Threads) {
			states = append(states, s.acquire(share.entry))
		}
		args.states[i] = states
		shares[i] = plan.Share{States: states, First: share.first, Count: share.count, Size: share.size}
	}
	err := args.batch.Run(ctx, args.in, out, shares)
	for i, share := range b.shares {
		for _, st := range args.states[i] {
			s.release(share.entry, st, err)
		}
		clear(args.states[i])
	}
	return err
}

// runner is the entry whose plan runs e's pictures, or most of them, and how
// many times as many e has as that.
func (e *entry) runner() (r *entry, times float64) {
	if e.batch == nil {
		return e, 1
	}
	share := e.batch.shares[0]
	if share.count < e.batch.shares[1].count {
		share = e.batch.shares[1]
	}
	return share.entry, float64(e.batch.pictures) / float64(share.size)
}

// settled reports whether the shapes of all outputs are known before a run.
func (e *entry) settled() bool {
	return !slices.ContainsFunc(e.outputs, func(t ops.Type) bool { return !t.Shape.Known() })
}

// newOutputs allocates tensors for e's outputs, nil for those of shapes that only
// a run tells.
func (e *entry) newOutputs() []*tensor.Tensor {
	list := make([]*tensor.Tensor, len(e.outputs))
	for i, t := range e.outputs {
		if t.Shape.Known() {
			list[i] = tensor.New(t.DType, t.Shape...)
		}
	}
	return list
}
