package verify

import (
	"maps"
	"math"
	"slices"

	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
)

// Comparison is the outcome for one reference. The figures are the worst over
// all values.
type Comparison struct {
	Name           string   `json:"name"`
	Network        string   `json:"network,omitempty"`  // that timm or torchvision built
	NamedBy        string   `json:"named_by,omitempty"` // what said which network that is
	Pass           bool     `json:"pass"`
	Compared       int      `json:"compared"`        // elements
	MaxAbs         Number   `json:"max_abs"`         // largest |a−b|
	MaxRel         Number   `json:"max_rel"`         // largest, over values and pictures, of max|a−b| / max|ref|
	LeastAtol      Number   `json:"least_atol"`      // the least atol that passes at rtol 0; null if none does
	LeastRtol      Number   `json:"least_rtol"`      // the least rtol that passes at atol 0; null if none does
	Top1Agree      *float64 `json:"top1_agree"`      // share of pictures whose largest output is the same one; null without outputs [N,classes]
	Top5Agree      *float64 `json:"top5_agree"`      // the same for the five largest in their order
	NaN            int      `json:"nan"`             // elements that are NaN or infinite on either side
	Infinite       int      `json:"infinite"`        // those of them that are infinite on a side and NaN on none
	FirstDifferent *string  `json:"first_different"` // a step of preprocessing, or a value in the model's order; null if none differs

	Stages        []Value   `json:"stages,omitempty"` // of preprocessing, where the reference has its own
	Values        []Value   `json:"values"`
	Histogram     Histogram `json:"histogram"`          // of the outputs
	Rankings      []Ranking `json:"rankings,omitempty"` // of pictures
	Note          string    `json:"note,omitempty"`
	Siblings      []Sibling `json:"siblings,omitempty"` // other networks of timm or torchvision that the weights fit; they do not decide
	OnlyModel     []string  `json:"only_in_model"`      // outputs, and with layers all values, that the reference lacks
	OnlyReference []string  `json:"only_in_reference"`  // with layers, arrays or values that the model lacks

	record runtime.Tensors
}

// Record returns the run as arrays of which NPZ makes the same reference
// again: the input, the reference's values under the model's names and, for
// pictures, its steps of preprocessing.
func (c *Comparison) Record() runtime.Tensors { return c.record }

// compareAll compares what the model computed with what the reference has.
func compareAll(name string, got *values, ref answer, o Options) *Comparison {
	c := &Comparison{Name: name, Pass: true, Values: []Value{}, OnlyModel: []string{}, OnlyReference: []string{}, Note: ref.note}
	c.Network, c.NamedBy = ref.network, ref.namedBy
	c.compareStages(o.Pictures, ref.stages, o.Tolerance)
	p := c.pair(got, ref.values)
	found := findLayout(p)
	var agree, agree5, pictures int
	for _, name := range p.names {
		ours := p.got[name]
		want, note := arrange(p.want[name], ours.Shape, found)
		ours = firstOf(ours, want)
		v := Compare(name, ours, want, o.Tolerance)
		v.Output = got.outputs[name]
		if v.Note == "" {
			v.Note = note
		}
		if v.Output && v.classifies() {
			agree, agree5, pictures = agree+v.Top1Agree, agree5+v.Top5Agree, pictures+v.Pictures
			c.rank(o.Pictures, ours, want, o.labels)
		}
		c.add(v)
	}
	if pictures > 0 {
		share, share5 := float64(agree)/float64(pictures), float64(agree5)/float64(pictures)
		c.Top1Agree, c.Top5Agree = &share, &share5
	}
	if c.Compared == 0 {
		none := Number(math.Inf(1))
		c.Pass, c.MaxAbs, c.MaxRel, c.LeastAtol, c.LeastRtol = false, none, none, none, none
	} else if !o.Layers {
		c.OnlyReference = []string{} // they may be values inside the model
	}
	c.compareSiblings(got, ref.siblings, o)
	c.record = p.want
	for i, steps := range ref.stages {
		for _, step := range steps {
			c.record[stageName(i, step.Name)] = step.Value
		}
	}
	return c
}

// firstOf returns as many of the model's pictures as ref has.
func firstOf(t, ref *tensor.Tensor) *tensor.Tensor {
	if len(t.Shape) < 2 || len(ref.Shape) != len(t.Shape) || ref.Shape[0] >= t.Shape[0] {
		return t
	}
	return pictures(t, 0, ref.Shape[0])
}

// pair finds the values that both sides have and lists those that only one has.
func (c *Comparison) pair(got *values, want runtime.Tensors) pairs {
	p := pairs{got: got.tensors, want: runtime.Tensors{}}
	byPlainName := map[string]string{}
	left := map[string]bool{}
	for name := range want {
		byPlainName[plainName(name)] = name
		left[name] = true
	}
	for _, name := range got.order {
		theirs := name
		if want[theirs] == nil {
			theirs = byPlainName[plainName(name)]
		}
		if want[theirs] == nil {
			c.OnlyModel = append(c.OnlyModel, name)
			continue
		}
		delete(left, theirs)
		p.names = append(p.names, name)
		p.want[name] = want[theirs]
	}
	c.OnlyReference = append(c.OnlyReference, slices.Sorted(maps.Keys(left))...)
	return p
}

func (c *Comparison) add(v Value) {
	c.Values = append(c.Values, v)
	c.Compared += v.Compared
	c.NaN += v.NaN
	c.Infinite += v.Infinite
	if v.Output {
		c.Histogram.add(v.Histogram)
	}
	c.MaxAbs = max(c.MaxAbs, v.MaxAbs)
	c.MaxRel = max(c.MaxRel, v.MaxRel)
	c.judge(v)
}

// judge lets v, a value or a step of preprocessing, decide with the others
// whether the reference agrees.
func (c *Comparison) judge(v Value) {
	atol, rtol := v.least()
	c.LeastAtol, c.LeastRtol = max(c.LeastAtol, atol), max(c.LeastRtol, rtol)
	c.Pass = c.Pass && v.Pass
	if !v.Pass && c.FirstDifferent == nil {
		c.FirstDifferent = &v.Name
	}
}
