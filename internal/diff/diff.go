package diff

import (
	"context"
	"slices"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/tensor"
	"github.com/mixconv/mixconv/verify"
)

// Side is one of the two files.
type Side struct {
	Path    string
	Model   *onnx.Model // nil if it is no ONNX model and was not made one
	Weights []Weight
	Note    string // what was made of the file to compare it, or why that could not be done
}

// Weight is a stored tensor.
type Weight struct {
	Name  string
	DType string
	Shape tensor.Shape
	Load  func() (*tensor.Tensor, error) // nil if its elements cannot be read here
}

// Result is what `mixconv diff --json` prints. Structure and Outputs are nil unless both
// files are ONNX models, or were made some.
type Result struct {
	Same      bool       `json:"same"`
	A         string     `json:"a"`
	B         string     `json:"b"`
	NoteA     string     `json:"note_a,omitempty"` // what was made of A to compare it
	NoteB     string     `json:"note_b,omitempty"`
	Structure *Structure `json:"structure"`
	Weights   *Weights   `json:"weights"`
	Outputs   *Outputs   `json:"outputs"`

	Tolerance verify.Tolerance `json:"tolerance"`
}

// Outputs is what two models compute of the same input.
type Outputs struct {
	Same    bool           `json:"same"`
	Values  []verify.Value `json:"values"`
	OnlyA   []string       `json:"only_in_a"`
	OnlyB   []string       `json:"only_in_b"`
	Problem string         `json:"problem,omitempty"` // why nothing could be compared
}

// Compare compares a with b. Weights and outputs are the same within the tolerance of o.
// Unless o has an input, models that do not run, or not on the same input, are compared
// as far as it goes, and Outputs says why.
func Compare(ctx context.Context, a, b *Side, o verify.Options) (*Result, error) {
	r := &Result{A: a.Path, B: b.Path, NoteA: a.Note, NoteB: b.Note, Tolerance: o.Tolerance}
	var paired map[string]string
	if a.Model != nil && b.Model != nil {
		m := match(a.Model, b.Model)
		r.Structure, paired = m.structure(), m.weights
	}
	var err error
	if r.Weights, err = compareWeights(ctx, a, b, paired, o.Tolerance); err != nil {
		return nil, err
	}
	r.Same = r.Weights.Same
	if r.Structure == nil {
		return r, nil
	}
	if r.Outputs, err = compareOutputs(ctx, a, b, o); err != nil {
		return nil, err
	}
	r.Same = r.Same && r.Structure.Same && r.Outputs.Same
	return r, nil
}

func compareOutputs(ctx context.Context, a, b *Side, o verify.Options) (*Outputs, error) {
	out := &Outputs{Same: true, Values: []verify.Value{}, OnlyA: []string{}, OnlyB: []string{}}
	report, err := runBoth(ctx, a, b, o)
	if err != nil {
		if o.Input != nil || ctx.Err() != nil {
			return nil, err
		}
		out.Problem = err.Error()
		return out, nil
	}
	c := report.References[0]
	out.Values, out.OnlyA, out.OnlyB = c.Values, c.OnlyModel, c.OnlyReference
	out.Same = len(out.Values) > 0 && len(out.OnlyA)+len(out.OnlyB) == 0
	for i := range out.Values {
		v := &out.Values[i]
		if v.Identical && !v.Pass { // NaN, infinities and text have no difference in numbers
			v.Pass, v.MaxAbs, v.MaxRel, v.Note = true, 0, 0, "identical"
		}
		out.Same = out.Same && v.Pass
	}
	if len(c.Values) == 0 {
		out.Problem = "no output of one name"
	}
	return out, nil
}

func runBoth(ctx context.Context, a, b *Side, o verify.Options) (*verify.Report, error) {
	ref, err := verify.Model(b.Path, b.Model, o)
	if err != nil {
		return nil, err
	}
	return verify.Run(ctx, a.Model, []verify.Reference{ref}, o)
}

// ModelWeights are a model's initializers.
func ModelWeights(m *onnx.Model) []Weight {
	list := []Weight{}
	for _, t := range m.Proto.GetGraph().GetInitializer() {
		shape := make(tensor.Shape, len(t.GetDims()))
		for i, d := range t.GetDims() {
			shape[i] = int(d)
		}
		list = append(list, Weight{t.GetName(), tensor.DType(t.GetDataType()).String(), shape, func() (*tensor.Tensor, error) { return m.Tensor(t) }})
	}
	return list
}

// TensorWeight is a tensor in memory.
func TensorWeight(name string, t *tensor.Tensor) Weight {
	return Weight{name, t.DType.String(), t.Shape, func() (*tensor.Tensor, error) { return t, nil }}
}

// byName are the weights that have a name of their own, and their names in order.
func byName(list []Weight) (map[string]Weight, []string) {
	found, names := map[string]Weight{}, []string{}
	for _, w := range list {
		if _, twice := found[w.Name]; !twice {
			names = append(names, w.Name)
		}
		found[w.Name] = w
	}
	slices.Sort(names)
	return found, names
}
