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
	Pass           bool     `json:"pass"`
	Compared       int      `json:"compared"`        // elements
	MaxAbs         Number   `json:"max_abs"`         // largest |a−b|
	MaxRel         Number   `json:"max_rel"`         // largest, over values and pictures, of max|a−b| / max|ref|
	LeastAtol      Number   `json:"least_atol"`      // the least atol that passes at rtol 0; null if none does
	Top1Agree      *float64 `json:"top1_agree"`      // share of pictures whose largest output is the same one; null without outputs [N,classes]
	NaN            int      `json:"nan"`             // elements that are NaN or infinite on either side
	FirstDifferent *string  `json:"first_different"` // in the model's order; null if none differs
	Values         []Value  `json:"values"`
	OnlyModel      []string `json:"only_in_model"`     // outputs, and with layers all values, that the reference lacks
	OnlyReference  []string `json:"only_in_reference"` // with layers, arrays or values that the model lacks
}

// compareAll compares what the model computed with what the reference has.
func compareAll(name string, got *values, want runtime.Tensors, o Options) *Comparison {
	c := &Comparison{Name: name, Pass: true, Values: []Value{}, OnlyModel: []string{}, OnlyReference: []string{}}
	p := c.pair(got, want)
	found := findLayout(p)
	var agree, pictures int
	for _, name := range p.names {
		ours := p.got[name]
		ref, note := arrange(p.want[name], ours.Shape, found)
		v := Compare(name, firstOf(ours, ref), ref, o.Tolerance)
		v.Output = got.outputs[name]
		if v.Note == "" {
			v.Note = note
		}
		if v.Output && v.classifies() {
			agree, pictures = agree+v.Top1Agree, pictures+v.Pictures
		}
		c.add(v)
	}
	if pictures > 0 {
		share := float64(agree) / float64(pictures)
		c.Top1Agree = &share
	}
	if c.Compared == 0 {
		c.Pass, c.LeastAtol = false, Number(math.Inf(1))
	} else if !o.Layers {
		c.OnlyReference = []string{} // they may be values inside the model
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
	c.MaxAbs = max(c.MaxAbs, v.MaxAbs)
	c.MaxRel = max(c.MaxRel, v.MaxRel)
	c.LeastAtol = max(c.LeastAtol, v.leastAtol())
	c.Pass = c.Pass && v.Pass
	if !v.Pass && c.FirstDifferent == nil {
		c.FirstDifferent = &v.Name
	}
}
