package score

import (
	"context"
	"errors"
	"fmt"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/runtime"
	"google.golang.org/protobuf/proto"
)

// Kind is what is written of a picture.
type Kind string

// The kinds.
const (
	Top      Kind = "top"      // the likeliest classes
	Logits   Kind = "logits"   // all values of the scores' output
	Features Kind = "features" // what the last layer with weights reads, a vector a picture
)

// Model answers for pictures. It is shared by goroutines.
type Model struct {
	classifier *mixconv.Classifier
	session    *mixconv.Session
	kind       Kind
	top        int
	output     string // whose values are written; unused for Top
}

// NewModel makes m ready to be run on one thread by any number of goroutines. top is how
// many classes a row has of kind Top. Of the options, Threads, Batch and Session count
// nothing.
func NewModel(m *mixconv.Model, kind Kind, top int, o mixconv.ClassifierOptions) (*Model, error) {
	switch {
	case kind != Top && kind != Logits && kind != Features:
		return nil, fmt.Errorf("values %s: allowed %s, %s, %s", errs.Quote(string(kind)), Top, Logits, Features)
	case kind == Top && top < 1:
		return nil, fmt.Errorf("top %d: allowed from 1", top)
	}
	o.Threads = 1
	features := ""
	if kind == Features {
		scores, err := scoresOf(m, o)
		if err != nil {
			return nil, err
		}
		if m, features, err = withFeatures(m, scores); err != nil {
			return nil, errs.InFile(m.Name(), err)
		}
		o.Output = scores
	}
	var err error
	if o.Session, err = runtime.New(m, o.Options); err != nil {
		return nil, err
	}
	c, err := mixconv.OpenModel(m, o)
	if err != nil {
		return nil, err
	}
	s := &Model{classifier: c, session: o.Session, kind: kind, top: top, output: c.Output()}
	if kind == Features {
		s.output = features
	}
	return s, nil
}

// scoresOf is the output that a classifier of m takes its scores from.
func scoresOf(m *mixconv.Model, o mixconv.ClassifierOptions) (string, error) {
	c, err := mixconv.OpenModel(m, o)
	if err != nil {
		return "", err
	}
	return c.Output(), nil
}

// errNoFeatures is what withFeatures says of a model that it cannot follow.
var errNoFeatures = errors.New("features: the scores do not come from a layer with weights (Gemm, MatMul or Conv)")

// withFeatures is m with one more output: what the last layer with weights before output
// scores reads.
func withFeatures(m *mixconv.Model, scores string) (*mixconv.Model, string, error) {
	g := m.Proto.GetGraph()
	makers := map[string]*onnxpb.NodeProto{}
	for _, n := range g.GetNode() {
		for _, out := range n.GetOutput() {
			makers[out] = n
		}
	}
	for name := scores; makers[name] != nil && len(makers[name].GetInput()) > 0; name = makers[name].GetInput()[0] {
		n := makers[name]
		if op := n.GetOpType(); op != "Gemm" && op != "MatMul" && op != "Conv" {
			continue
		}
		features := n.GetInput()[0]
		for _, out := range g.GetOutput() {
			if out.GetName() == features {
				return m, features, nil
			}
		}
		more := *m
		p := &onnxpb.ModelProto{}
		proto.Merge(p, &onnxpb.ModelProto{IrVersion: m.Proto.IrVersion, OpsetImport: m.Proto.OpsetImport, Functions: m.Proto.Functions, MetadataProps: m.Proto.MetadataProps})
		p.Graph = &onnxpb.GraphProto{Name: g.Name, Node: g.Node, Initializer: g.Initializer, SparseInitializer: g.SparseInitializer, Input: g.Input, ValueInfo: g.ValueInfo}
		float := &onnxpb.TypeProto{Value: &onnxpb.TypeProto_TensorType{TensorType: &onnxpb.TypeProto_Tensor{ElemType: proto.Int32(int32(onnxpb.TensorProto_FLOAT))}}}
		p.Graph.Output = append(p.Graph.Output, g.Output...)
		p.Graph.Output = append(p.Graph.Output, &onnxpb.ValueInfoProto{Name: &features, Type: float})
		more.Proto = p
		return &more, features, nil
	}
	return m, "", errNoFeatures
}

// Preprocessing is how pictures are prepared, by the keys of a model's metadata.
func (m *Model) Preprocessing() map[string]string { return m.classifier.Preprocessing().Metadata() }

// Row answers for a picture. Whatever goes wrong stands in the row.
func (m *Model) Row(ctx context.Context, item Item) Row {
	row := Row{Key: item.Key}
	data, err := item.Read()
	if err == nil {
		err = m.answer(ctx, data, &row)
	}
	if err != nil {
		row.Error = reason(item.Key, err)
	}
	return row
}

func (m *Model) answer(ctx context.Context, data []byte, row *Row) error {
	name, input, err := m.classifier.Input(data)
	if err != nil {
		return err
	}
	wanted := m.output
	out, err := m.session.RunThreads(ctx, 1, mixconv.Tensors{name: input}, wanted)
	if err != nil {
		return err
	}
	if m.kind == Top {
		row.Top, err = m.classifier.Rank(out[wanted], m.top)
		return err
	}
	t := out[wanted]
	values := mixconv.Floats(t)
	pictures := max(1, input.Shape[0])
	if len(t.Shape) < 2 || t.Shape[0] != pictures || len(values) == 0 {
		return fmt.Errorf("%s is %s %s for %d pictures, allowed is [N,values]", errs.Quote(wanted), t.DType, t.Shape, pictures)
	}
	row.Values = values[: len(values)/pictures : len(values)/pictures]
	return nil
}

// Kind is what rows have.
func (m *Model) Kind() Kind { return m.kind }
