package mixconv

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/preprocess"
	"github.com/mixconv/mixconv/tensor"
)

// encoded is a picture as it came, or why there is none.
type encoded struct {
	data []byte
	err  error
}

// answer is what is said of one picture.
type answer struct {
	classes []Class
	err     error
}

// groups yields up to size pictures at a time. The list is valid until the next.
func groups(pictures iter.Seq2[[]byte, error], size int) iter.Seq[[]encoded] {
	return func(yield func([]encoded) bool) {
		group := make([]encoded, 0, size)
		for data, err := range pictures {
			if group = append(group, encoded{data, err}); len(group) == size {
				if !yield(group) {
					return
				}
				group = group[:0]
			}
		}
		if len(group) > 0 {
			yield(group)
		}
	}
}

// pictureBatch has room for the input of size pictures.
type pictureBatch struct {
	*Classifier
	size  int
	input []float32 // a picture after the other, as the model takes them
}

func (c *Classifier) newBatch(size int) *pictureBatch {
	if c.input.batch != tensor.Unknown {
		size = c.input.batch
	}
	return &pictureBatch{Classifier: c, size: size, input: make([]float32, size*c.values())}
}

// values is how many values one picture's input has.
func (c *Classifier) values() int { return 3 * c.config.Size * c.config.Size }

// prepare makes the input of picture i.
func (b *pictureBatch) prepare(i int, p *preprocess.Picture) error {
	dst := b.input[i*b.values():][:b.values()]
	if !b.Classifier.input.channelsLast {
		return b.config.Into(dst, p)
	}
	planes := make([]float32, len(dst))
	if err := b.config.Into(planes, p); err != nil {
		return err
	}
	pixels := len(planes) / 3
	for j, v := range planes {
		dst[j%pixels*3+j/pixels] = v
	}
	return nil
}

// classify answers for a group of at most size pictures.
func (b *pictureBatch) classify(ctx context.Context, group []encoded, k int) []answer {
	failed := b.prepareAll(ctx, group)
	answers := b.run(ctx, len(group), k)
	for i, err := range failed {
		if err != nil {
			answers[i] = answer{err: err}
		}
	}
	return answers
}

// prepareAll decodes and prepares a group, a picture after the other on each of the
// session's threads.
func (b *pictureBatch) prepareAll(ctx context.Context, group []encoded) (failed []error) {
	failed = make([]error, len(group))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(b.threads(), len(group)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(group) && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				if failed[i] = b.prepareOne(i, group[i]); failed[i] != nil {
					clear(b.input[i*b.values():][:b.values()])
				}
			}
		})
	}
	workers.Wait()
	return failed
}

func (b *pictureBatch) prepareOne(i int, picture encoded) error {
	if picture.err != nil {
		return picture.err
	}
	p, err := b.decode(picture.data)
	if err != nil {
		return err
	}
	return b.prepare(i, p)
}

// run runs the first n pictures and ranks their classes.
func (b *pictureBatch) run(ctx context.Context, n, k int) []answer {
	answers := make([]answer, n)
	fail := func(err error) []answer {
		for i := range answers {
			answers[i].err = err
		}
		return answers
	}
	pictures := n
	if b.Classifier.input.batch != tensor.Unknown {
		pictures = b.size
	}
	in := Tensors{b.Classifier.input.name: NewTensor(b.input[:pictures*b.values()], b.shape(pictures)...)}
	out, err := b.session.Run(ctx, in, b.output)
	if err != nil {
		return fail(err)
	}
	if err := b.rankAll(answers, out[b.output], pictures, k); err != nil {
		return fail(err)
	}
	return answers
}

// shape is that of the input of so many pictures.
func (b *pictureBatch) shape(pictures int) []int {
	if b.Classifier.input.channelsLast {
		return []int{pictures, b.config.Size, b.config.Size, 3}
	}
	return []int{pictures, 3, b.config.Size, b.config.Size}
}

// rankAll ranks the classes of the first pictures of so many, by their scores.
func (c *Classifier) rankAll(answers []answer, scores *Tensor, pictures, k int) error {
	classes := len(Floats(scores)) / max(pictures, 1)
	if len(scores.Shape) < 2 || scores.Shape[0] != pictures || len(c.labels) > 0 && len(c.labels) != classes {
		return fmt.Errorf("output %s is %s %s for %d pictures, with %d labels", errs.Quote(c.output), scores.DType, scores.Shape, pictures, len(c.labels))
	}
	for i := range answers {
		answers[i].classes, answers[i].err = c.rank(Floats(scores)[i*classes:(i+1)*classes], k, c.labels)
	}
	return nil
}
