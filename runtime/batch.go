package runtime

import (
	"context"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/plan"
	"github.com/mixconv/mixconv/tensor"
)

// batch is how the pictures of an entry are run in portions: with the plans and
// in the memory of the entries for these.
type batch struct {
	pictures int
	shares   [2]share // portions, then single pictures
	outputs  []tensor.Shape
}

// share is count runs of an entry's plan, of which first would come before.
type share struct {
	entry        *entry // nil: count is 0
	first, count int
}

// portion is how many pictures a worker takes at a time while there are as many
// for everybody. Fewer read the weights more often, more leave no room for them
// in the caches: of 1, 2, 4, 8 and 16 this is best for MixNets, EfficientNets and
// MobileNets.
const portion = 4

// A batch is run in portions if a picture is so much work, in multiply-adds,
// that to begin one does not matter, and so much for each weight that to read
// the weights again does not.
const (
	leastWork      = 1 << 17
	leastPerWeight = 24
)

// split says in how many portions and single pictures a batch is run.
func (s *Session) split(pictures int) (portions, singles int) {
	if pictures >= portion*s.options.Threads {
		portions = pictures / portion
	}
	return portions, pictures - portion*portions
}

// splits reports whether there is more than one of them.
func (s *Session) splits(shapes []tensor.Shape) bool {
	portions, singles := s.split(commonBatch(shapes))
	return portions+singles > 1
}

// batch returns how to run inputs of these shapes in portions; nil if that
// cannot be or does not pay, and all are run together.
func (s *Session) batch(shapes []tensor.Shape) (*batch, error) {
	if !s.splits(shapes) {
		return nil, nil
	}
	b := &batch{pictures: commonBatch(shapes)}
	portions, singles := s.split(b.pictures)
	one, err := s.specialise(s.passed, withBatch(shapes, 1))
	if err != nil || !s.worth(workOf(one)) || !b.separable(s, shapes, one) {
		return nil, nil
	}
	if portions > 0 {
		p := &batch{pictures: portion}
		if !p.separable(s, withBatch(shapes, portion), one) {
			return nil, nil
		}
		if b.shares[0], err = s.share(shapes, portion, 0, portions); err != nil {
			return nil, err
		}
	}
	if singles > 0 {
		b.shares[1], err = s.share(shapes, 1, b.pictures-singles, singles)
	}
	return b, err
}

// separable reports whether inputs of these shapes give what one gives for each
// picture, and notes the shapes of their outputs.
func (b *batch) separable(s *Session, shapes []tensor.Shape, one *graph.Graph) bool {
	all, err := s.specialise(s.passed, shapes)
	if err != nil || graph.Separable(all, one) != nil {
		return false
	}
	for _, o := range all.Outputs {
		t := o.Value.Type
		if _, bytes, err := tensor.Size(t.DType, t.Shape); err != nil || bytes > s.options.Limits.TensorBytes {
			return false
		}
		b.outputs = append(b.outputs, t.Shape)
	}
	return true
}

func (s *Session) share(shapes []tensor.Shape, pictures, before, count int) (share, error) {
	e, err := s.find(withBatch(shapes, pictures), true)
	return share{e, before / pictures, count}, err
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

func withBatch(shapes []tensor.Shape, pictures int) []tensor.Shape {
	list := make([]tensor.Shape, len(shapes))
	for i, shape := range shapes {
		list[i] = shape.Clone()
		list[i][0] = pictures
	}
	return list
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
			if t := v.Const(); t != nil && macs > 0 {
				w.weights += int64(t.Elements())
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
		shares[i] = plan.Share{States: states, First: share.first, Count: share.count}
	}
	err := args.batch.Run(ctx, args.in, out, shares)
	for i, share := range b.shares {
		for _, st := range args.states[i] {
			s.release(share.entry, st)
		}
		clear(args.states[i])
	}
	return err
}

// runner is the entry whose plan runs e's pictures, or most of them, and
// how many pictures e has for each of that.
func (e *entry) runner() (r *entry, times float64) {
	if e.batch == nil {
		return e, 1
	}
	share := e.batch.shares[0]
	if share.count == 0 {
		share = e.batch.shares[1]
	}
	return share.entry, float64(e.batch.pictures) / float64(share.entry.shapes[0][0])
}

// output is the type and shape of the i-th output.
func (e *entry) output(i int) (tensor.DType, tensor.Shape) {
	r, _ := e.runner()
	dtype, shape := r.plan.Output(i)
	if e.batch != nil {
		shape = e.batch.outputs[i]
	}
	return dtype, shape
}

// newOutputs allocates tensors for the n outputs.
func (e *entry) newOutputs(n int) []*tensor.Tensor {
	list := make([]*tensor.Tensor, n)
	for i := range list {
		dtype, shape := e.output(i)
		list[i] = tensor.New(dtype, shape...)
	}
	return list
}
