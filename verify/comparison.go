package verify

import (
	"context"
	"maps"
	"math"
	goruntime "runtime"
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
// pictures, its steps of preprocessing. It is nil without Options.Record.
func (c *Comparison) Record() runtime.Tensors { return c.record }

// compareAll compares what the model computed with what the reference has.
func compareAll(ctx context.Context, name string, got *values, ref answer, o Options) (*Comparison, error) {
	c := &Comparison{Name: name, Pass: true, Values: []Value{}, OnlyModel: []string{}, OnlyReference: []string{}, Note: ref.note}
	c.Network, c.NamedBy = ref.network, ref.namedBy
	c.compareStages(o.Pictures, ref.stages, o.Tolerance)
	if o.Record {
		c.record = ref.stageArrays()
	}
	p := c.pair(got, ref.values)
	if err := c.comparePairs(ctx, p, o); err != nil {
		return nil, err
	}
	if c.Compared == 0 {
		none := Number(math.Inf(1))
		c.Pass, c.MaxAbs, c.MaxRel, c.LeastAtol, c.LeastRtol = false, none, none, none, none
	} else if !o.Layers {
		c.OnlyReference = []string{} // they may be values inside the model
	}
	return c, c.compareSiblings(ctx, got, ref.siblings, o)
}

// comparePairs compares the values that both sides have, as many at a time as fit in
// memory.
func (c *Comparison) comparePairs(ctx context.Context, p pairs, o Options) error {
	shown := func(int) {}
	if o.Progress != nil {
		shown = func(done int) { o.Progress(c.Name, done, len(p.names)) }
	}
	g := grouping{pairs: p, found: findLayout(p)}
	for group := range inGroups(p.names, maxGroup, p.bytes) {
		if g.done > 0 {
			goruntime.GC() // the last group's values: waiting for a heap of twice the size would double the peak
		}
		if err := c.compareGroup(ctx, &g, group, o, shown); err != nil {
			return err
		}
	}
	if g.pictures > 0 {
		share, share5 := float64(g.agree)/float64(g.pictures), float64(g.agree5)/float64(g.pictures)
		c.Top1Agree, c.Top5Agree = &share, &share5
	}
	return nil
}

// grouping is what is known after some groups of values.
type grouping struct {
	pairs
	found                         layout
	done, agree, agree5, pictures int
}

func (c *Comparison) compareGroup(ctx context.Context, g *grouping, names []string, o Options, shown func(done int)) error {
	ours, theirs, err := g.get(ctx, names)
	if err != nil {
		return err
	}
	for _, name := range names {
		v := c.comparePair(name, ours[name], theirs[g.theirs[name]], g.found, g.got.outputs[name], o)
		if v.Output && v.classifies() {
			g.agree, g.agree5, g.pictures = g.agree+v.Top1Agree, g.agree5+v.Top5Agree, g.pictures+v.Pictures
		}
		g.done++
		shown(g.done)
	}
	return nil
}

// comparePair compares one value, which either side may have been found not to have.
func (c *Comparison) comparePair(name string, ours, theirs *tensor.Tensor, found layout, output bool, o Options) (v Value) {
	if theirs == nil {
		c.OnlyModel = append(c.OnlyModel, name)
		return v
	}
	if ours == nil {
		c.OnlyReference = append(c.OnlyReference, name)
		return v
	}
	if o.Record {
		c.record[name] = theirs
	}
	want, note := arrange(theirs, ours.Shape, found)
	ours = firstOf(ours, want)
	v = Compare(name, ours, want, o.Tolerance)
	if v.Output = output; v.Note == "" {
		v.Note = note
	}
	if v.Output && v.classifies() {
		c.rank(o.Pictures, ours, want, o.labels)
	}
	c.add(v)
	return v
}

// firstOf returns as many of the model's pictures as ref has.
func firstOf(t, ref *tensor.Tensor) *tensor.Tensor {
	if len(t.Shape) < 2 || len(ref.Shape) != len(t.Shape) || ref.Shape[0] >= t.Shape[0] {
		return t
	}
	return pictures(t, 0, ref.Shape[0])
}

// pair finds the values that both sides have and lists those that only one has.
func (c *Comparison) pair(got, want *values) pairs {
	p := pairs{got: got, want: want, theirs: map[string]string{}}
	byPlainName := map[string]string{}
	left := map[string]bool{}
	for _, name := range want.names() {
		byPlainName[plainName(name)] = name
		left[name] = true
	}
	for _, name := range got.order {
		theirs := name
		if !want.has(theirs) {
			theirs = byPlainName[plainName(name)]
		}
		if !want.has(theirs) {
			c.OnlyModel = append(c.OnlyModel, name)
			continue
		}
		delete(left, theirs)
		p.names = append(p.names, name)
		p.theirs[name] = theirs
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
