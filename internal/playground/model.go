package playground

import (
	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/mdconv"
	"github.com/mixconv/mixconv/preprocess"
	"github.com/mixconv/mixconv/runtime"
	"google.golang.org/protobuf/proto"
)

// Model is a classifier, in both forms if it has mixed depthwise convolutions. It is
// immutable and shared by goroutines.
type Model struct {
	classifier *mixconv.Classifier
	session    *runtime.Session // of the form that the file has
	other      *runtime.Session // of the other; nil without mixed convolutions
	form       string           // of session: split, fused, or "" without mixed convolutions
	layers     *runtime.Session // that shows the mixed convolutions' outputs; nil without them
	mixed      []mixed
	output     string
}

// Open makes a Model of an ONNX model that says how its pictures are prepared, as
// mixconv.OpenModel does. m is read and not changed, but that external data is moved
// into it.
func Open(m *onnx.Model, o mixconv.ClassifierOptions) (*Model, error) {
	if err := m.EmbedData(); err != nil {
		return nil, err
	}
	c, err := mixconv.OpenModel(m, o)
	if err != nil {
		return nil, err
	}
	p := &Model{classifier: c}
	if p.session, err = runtime.New(m, o.Options); err != nil {
		return nil, err
	}
	if p.output = p.session.Outputs()[0].Name; o.Output != "" {
		p.output = o.Output
	}
	return p, p.openForms(m, o.Options)
}

// openForms opens the other form of the mixed convolutions, and the fused one with its
// values visible.
func (p *Model) openForms(m *onnx.Model, o runtime.Options) error {
	split, fused := onnx.New(proto.CloneOf(m.Proto)), onnx.New(proto.CloneOf(m.Proto))
	n, err := mdconv.Unfuse(split)
	if err != nil {
		return err
	}
	form, other := "fused", split
	if n == 0 {
		if n, err = mdconv.Fuse(fused); err != nil || n == 0 {
			return nil // no mixed convolutions, or such that no MDConv can say
		}
		form, other = "split", fused
	}
	if p.mixed, err = findMixed(fused); err != nil {
		return err
	}
	if p.other, err = runtime.New(other, o); err != nil {
		return err
	}
	p.form, o.Layers = form, true
	p.layers, err = runtime.New(fused, o)
	return err
}

// Preprocessing says how the model's pictures are prepared.
func (p *Model) Preprocessing() preprocess.Config { return p.classifier.Preprocessing() }

// Classes are the names of the classes, nil if the model has none.
func (p *Model) Classes() []string { return p.classifier.Labels() }

// Info is what a page says of a model.
type Info struct {
	Name     string            `json:"name"`
	Size     int               `json:"size"`    // height and width of its pictures
	Classes  []string          `json:"classes"` // empty if it has no names for them
	Metadata map[string]string `json:"metadata"`
}

// Info describes the model under a name.
func (p *Model) Info(name string) Info {
	return Info{name, p.Preprocessing().Size, append([]string{}, p.classifier.Labels()...), p.session.Metadata().Props}
}
