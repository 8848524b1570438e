package runtime

import (
	"context"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/plan"
	"github.com/mixconv/mixconv/tensor"
)

// batch runs the pictures of its inputs in chunks: with the plans and in the
// memory that are prepared for these.
type batch struct {
	types    []ops.Type
	pictures int
	parts    [2]chunks
}

// chunks are a part of a batch: count of size pictures, from first on.
type chunks struct {
	slot               *slot // has what runs one of them; nil: there are none
	first, count, size int
}

func (c *chunks) plan() *planned { return c.slot.prepared.(*planned) }

// chunk is how many pictures a worker takes at a time, at most. Fewer read the
// weights more often, more leave no room for them in the caches: of 1, 2, 4, 8
// and 16 it is best for MixNets, EfficientNets and MobileNets.
const chunk = 4

// A batch is run in chunks if a picture is so much work, in multiply-adds,
// that to begin one does not matter, and so much for each weight that to read
// the weights again does not.
const (
	leastWork      = 1 << 17
	leastPerWeight = 16
)

// split makes chunks of a batch, as many for each thread if that can be, of
// sizes that differ by at most one; the larger ones come first.
func (s *Session) split(pictures int) [2]chunks {
	rounds := (pictures + chunk*s.options.Threads - 1) / (chunk * s.options.Threads)
	count := max(1, min(rounds*s.options.Threads, pictures))
	size, larger := pictures/count, pictures%count
	return [2]chunks{
		{count: larger, size: size + 1},
		{count: count - larger, size: size, first: larger * (size + 1)},
	}
}

// splits reports whether there is more than one of them.
func (s *Session) splits(shapes []tensor.Shape) bool {
	parts := s.split(commonBatch(shapes))
	return parts[0].count+parts[1].count > 1
}

// prepareBatch returns how to run inputs of r's shapes in chunks; nil if that cannot
// be or does not pay, and all are run together.
func (s *Session) prepareBatch(budget *limit.Budget, r *request) (prepared, error) {
	if !s.splits(r.shapes) {
		return nil, nil
	}
	one, err := s.specialise(budget, s.passed, withBatch(r.shapes, 1), r.want)
	if err != nil || !s.pays(workOf(one)) {
		return nil, nil
	}
	b := &batch{pictures: commonBatch(r.shapes)}
	b.parts = s.split(b.pictures)
	var ok bool
	if b.types, ok = s.separable(budget, r.shapes, r.want, one); !ok {
		return nil, nil
	}
	for i := range b.parts {
		part := &b.parts[i]
		if part.count == 0 {
			continue
		}
		shapes := withBatch(r.shapes, part.size)
		if _, ok := s.separable(budget, shapes, r.want, one); !ok {
			return nil, nil
		}
		if part.slot, err = s.part(budget, &request{session: s, shapes: shapes, want: r.want, together: s.splits(shapes)}); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// separable reports whether inputs of these shapes give what one gives for each
// picture, and returns the types of the outputs.
func (s *Session) separable(budget *limit.Budget, shapes []tensor.Shape, want []int, one *graph.Graph) (outputs []ops.Type, ok bool) {
	all, err := s.specialise(budget, s.passed, shapes, want)
	if err != nil || commonBatch(shapes) > 1 && graph.Separable(all, one) != nil {
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

// withBatch is shapes for so many pictures.
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
			if v.Known() && macs > 0 {
				w.weights += int64(v.Type.Shape.Elements())
			}
		}
		w.macs += macs
	}
	return w
}

func (b *batch) outputs() []ops.Type { return b.types }

func (b *batch) steps() (*planned, float64) {
	most := &b.parts[0]
	if most.count < b.parts[1].count {
		most = &b.parts[1]
	}
	return most.plan(), float64(b.pictures) / float64(most.size)
}

// compute runs all pictures.
func (b *batch) compute(ctx context.Context, s *Session, args *arguments, out []*tensor.Tensor) error {
	if args.batch == nil {
		args.batch = plan.NewBatch(s.options.Threads)
	}
	var parts [2]plan.Chunks
	for i := range b.parts {
		part := &b.parts[i]
		states := args.states[i][:0]
		for range min(part.count, args.threads) {
			states = append(states, s.cache.acquire(part.plan()))
		}
		args.states[i] = states
		parts[i] = plan.Chunks{States: states, First: part.first, Count: part.count, Size: part.size}
	}
	err := args.batch.Run(ctx, args.threads, args.in, out, parts)
	for i := range b.parts {
		for _, st := range args.states[i] {
			s.cache.release(b.parts[i].plan(), st, s.options.Threads, err)
		}
		clear(args.states[i])
	}
	return err
}
