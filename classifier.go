package mixconv

import (
	"context"
	"errors"
	"fmt"
	"image"
	"iter"
	goruntime "runtime"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/metadata"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/preprocess"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
)

// Class is one of a classifier's classes: its index, its label, its probability
// and its logit.
type Class = preprocess.Class

// ClassifierOptions are the choices that a Classifier is made with. The zero value
// takes everything from the model.
type ClassifierOptions struct {
	Options
	// Session runs the model, in place of one that is made with Options. It is of the
	// same model.
	Session *Session

	// Preprocess says how pictures become the network's input; nil: as the model's
	// metadata says.
	Preprocess *preprocess.Config
	// Labels are the names of the classes; nil: those of the model's metadata.
	Labels []string
	// Output names the output with the scores, [N,classes]; "": the model's only
	// one, or the one named logits.
	Output string
	// Upright turns encoded pictures as EXIF's orientation says. Training code
	// mostly does not.
	Upright bool
	// Batch is how many pictures ClassifyAll runs together; 0: four for each thread,
	// or as many as the model is made for.
	Batch int
}

// Classifier says what is on pictures. It is immutable and shared by goroutines.
type Classifier struct {
	session *Session
	options ClassifierOptions
	config  preprocess.Config
	labels  []string
	input   pictureInput
	output  string
	rank    func(scores []float32, k int, labels []string) ([]Class, error)
}

// Open makes a Classifier of an ONNX file. Preprocessing and labels are those of
// the model's metadata (the keys mixconv.preprocess.… and mixconv.labels) or of
// the options. A model that says nothing of its preprocessing is an error if
// ClassifierOptions.Preprocess is nil too.
func Open(path string, o ClassifierOptions) (*Classifier, error) {
	m, err := onnx.OpenFile(path, o.Limits)
	if err != nil {
		return nil, err
	}
	return OpenModel(m, o)
}

// OpenBytes is Open for an ONNX model in memory, such as a go:embed variable.
func OpenBytes(data []byte, o ClassifierOptions) (*Classifier, error) {
	m, err := onnx.Decode("model", data, o.Limits)
	if err != nil {
		return nil, err
	}
	return OpenModel(m, o)
}

// OpenModel is Open for a model that was read or converted before.
func OpenModel(m *Model, o ClassifierOptions) (*Classifier, error) {
	s := o.Session
	if s == nil {
		var err error
		if s, err = runtime.New(m, o.Options); err != nil {
			return nil, err
		}
	}
	c := &Classifier{session: s, options: o, labels: o.Labels}
	if err := c.describe(m); err != nil {
		return nil, errs.InFile(m.Name(), err)
	}
	return c, nil
}

// describe finds out how the model takes pictures and where it has its scores.
func (c *Classifier) describe(m *Model) (err error) {
	if c.options.Preprocess != nil {
		c.config = *c.options.Preprocess
		err = c.config.Check()
	} else if _, told := m.Metadata(metadata.PreprocessKind); !told {
		err = errors.New("the model does not say how its pictures are prepared: set ClassifierOptions.Preprocess")
	} else {
		c.config, err = preprocess.FromMetadata(m.Metadata)
	}
	if err != nil {
		return err
	}
	if text, ok := m.Metadata(metadata.Labels); ok && c.labels == nil {
		c.labels = strings.Split(text, "\n")
	}
	if c.input, err = findPictureInput(c.session.Inputs(), c.config.Size); err != nil {
		return err
	}
	scores, err := findScores(c.session.Outputs(), c.options.Output)
	if err != nil {
		return err
	}
	if classes := classesOf(scores.Shape); classes > 0 && len(c.labels) > 0 && classes != len(c.labels) {
		return fmt.Errorf("%d labels for the %d classes of output %s", len(c.labels), classes, errs.Quote(scores.Name))
	}
	if most := c.options.Limits.OrDefault().TensorBytes / (4 * int64(c.values())); int64(c.Batch()) > most {
		return limit.Exceeded("%d pictures of %d × %d that are run together, allowed %d", c.Batch(), c.config.Size, c.config.Size, most)
	}
	c.output, c.rank = scores.Name, preprocess.Rank[float32]
	if givesProbabilities(m, scores.Name) {
		c.rank = preprocess.RankProbabilities[float32]
	}
	return nil
}

// Preprocessing is how c prepares pictures.
func (c *Classifier) Preprocessing() preprocess.Config { return c.config }

// Labels are the names of the classes, nil if the model has none. The caller must
// not change them.
func (c *Classifier) Labels() []string { return c.labels }

// Classify returns the k likeliest classes of a picture, likeliest first. For the
// very numbers of the training code give the encoded picture to ClassifyBytes:
// Go's own decoders differ from those of Python in the last bit.
func (c *Classifier) Classify(ctx context.Context, picture image.Image, k int) ([]Class, error) {
	p, err := preprocess.FromImage(picture)
	if err != nil {
		return nil, err
	}
	return c.ClassifyPicture(ctx, p, k)
}

// ClassifyBytes is Classify for an encoded picture: JPEG or PNG, decoded as the
// training code did, or what the program has registered a decoder for with
// image.RegisterFormat.
func (c *Classifier) ClassifyBytes(ctx context.Context, data []byte, k int) ([]Class, error) {
	p, err := c.decode(data)
	if err != nil {
		return nil, err
	}
	return c.ClassifyPicture(ctx, p, k)
}

// Input prepares an encoded picture as ClassifyBytes does, for who runs the model
// otherwise: the model's input of that name. Of a model that is made for a batch, the
// other pictures are zeros.
func (c *Classifier) Input(data []byte) (name string, input *Tensor, err error) {
	p, err := c.decode(data)
	if err != nil {
		return "", nil, err
	}
	b := c.newBatch(1)
	if err := b.prepare(0, p); err != nil {
		return "", nil, err
	}
	return c.input.name, NewTensor(b.input, b.shape(b.size)...), nil
}

// Output names the output that has the scores of the classes.
func (c *Classifier) Output() string { return c.output }

// Rank returns the k likeliest classes of the first picture in what the model has made
// of Input, likeliest first.
func (c *Classifier) Rank(scores *Tensor, k int) ([]Class, error) {
	answers := make([]answer, 1)
	if err := c.rankAll(answers, scores, max(1, c.input.batch), k); err != nil {
		return nil, err
	}
	return answers[0].classes, answers[0].err
}

// ClassifyPicture is Classify for a decoded picture.
func (c *Classifier) ClassifyPicture(ctx context.Context, p *preprocess.Picture, k int) ([]Class, error) {
	b := c.newBatch(1)
	if err := b.prepare(0, p); err != nil {
		return nil, err
	}
	answers := b.run(ctx, 1, k)
	return answers[0].classes, answers[0].err
}

func (c *Classifier) decode(data []byte) (*preprocess.Picture, error) {
	p, err := c.config.Decode(data, c.options.Limits)
	if err != nil || !c.options.Upright {
		return p, err
	}
	return p.Upright(preprocess.OrientationOf(data))
}

// ClassifyAll classifies encoded pictures and yields their classes in the order of
// the pictures, each with its own error. It reads as many pictures as it runs
// together, prepares them on as many goroutines as the session has threads, and
// holds no more than these in memory. An error that comes with a picture is
// yielded in its place. It ends early when the context does: the last thing it
// yields then is the context's error.
func (c *Classifier) ClassifyAll(ctx context.Context, pictures iter.Seq2[[]byte, error], k int) iter.Seq2[[]Class, error] {
	return func(yield func([]Class, error) bool) {
		b := c.newBatch(c.Batch())
		for group := range groups(pictures, b.size) {
			answers := b.classify(ctx, group, k)
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			for _, a := range answers {
				if !yield(a.classes, a.err) {
					return
				}
			}
		}
	}
}

// Batch is how many pictures ClassifyAll runs together.
func (c *Classifier) Batch() int {
	switch {
	case c.input.batch != tensor.Unknown:
		return c.input.batch
	case c.options.Batch > 0:
		return c.options.Batch
	}
	const eachThread = 4
	return eachThread * c.threads()
}

// threads is how many goroutines the session computes with.
func (c *Classifier) threads() int {
	return max(1, min(c.options.Threads, goruntime.GOMAXPROCS(0)))
}
