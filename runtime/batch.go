package runtime

import (
	"context"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/plan"
	"github.com/mixconv/mixconv/tensor"
)

// batch is what an entry has whose pictures are run one by one, with the plan
// and in the memory of the entry for one picture.
type batch struct {
	one      *entry
	pictures int
	outputs  []tensor.Shape
}

// A picture is run by itself if that is so much work, in multiply-adds, that
// starting it does not matter, and so much for each weight that reading the
// weights again for every picture does not.
const (
	leastWork      = 1 << 17
	leastPerWeight = 24
)

// batch returns how to run inputs of these shapes picture by picture, nil if
// that cannot be or does not pay.
func (s *Session) batch(shapes []tensor.Shape) (*batch, error) {
	ones := make([]tensor.Shape, len(shapes))
	for i, shape := range shapes {
		if len(shape) == 0 || shape[0] < 2 {
			return nil, nil
		}
		ones[i] = shape.Clone()
		ones[i][0] = 1
	}
	all, err := s.specialise(s.passed, shapes)
	if err != nil {
		return nil, err
	}
	one, err := s.specialise(s.passed, ones)
	if err != nil || graph.Separable(all, one) != nil || !s.worth(workOf(one)) {
		return nil, nil
	}
	b := &batch{pictures: all.Inputs[0].Type.Shape[0]}
	for _, o := range all.Outputs {
		t := o.Value.Type
		if _, bytes, err := tensor.Size(t.DType, t.Shape); err != nil || bytes > s.options.Limits.TensorBytes {
			return nil, nil
		}
		b.outputs = append(b.outputs, t.Shape)
	}
	b.one, err = s.find(ones)
	if err != nil || b.one.plan == nil {
		return nil, err
	}
	return b, nil
}

// work is what a run of one picture computes, and with how many weights.
type work struct{ macs, weights int64 }

func (w work) worthItself() bool { return w.macs >= leastWork && w.macs >= leastPerWeight*w.weights }

func workOf(g *graph.Graph) (w work) {
	for _, n := range g.Nodes {
		call, err := n.Call()
		if err != nil {
			continue
		}
		macs := ops.MACs(call)
		if macs == 0 {
			continue
		}
		w.macs += macs
		for _, v := range n.In {
			if v.Const() != nil {
				w.weights += int64(v.Const().Elements())
			}
		}
	}
	return w
}

// run computes all pictures.
func (b *batch) run(ctx context.Context, s *Session, args *arguments, out []*tensor.Tensor) error {
	if args.batch == nil {
		args.batch = plan.NewBatch(s.options.Threads)
	}
	for range min(b.pictures, s.options.Threads) {
		args.lanes = append(args.lanes, s.acquire(b.one))
	}
	err := args.batch.Run(ctx, args.lanes, args.in, out, b.pictures)
	for _, st := range args.lanes {
		s.release(b.one, st)
	}
	return err
}

// output is the type and shape of the i-th output.
func (e *entry) output(i int) (tensor.DType, tensor.Shape) {
	dtype, shape := e.plan.Output(i)
	if e.batch != nil {
		shape = e.batch.outputs[i]
	}
	return dtype, shape
}

// newOutputs allocates tensors for the outputs of n.
func (e *entry) newOutputs(n int) []*tensor.Tensor {
	list := make([]*tensor.Tensor, n)
	for i := range list {
		dtype, shape := e.output(i)
		list[i] = tensor.New(dtype, shape...)
	}
	return list
}
