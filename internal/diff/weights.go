package diff

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/tensor"
	"github.com/mixconv/mixconv/verify"
)

// Weights is how two files' weights differ.
type Weights struct {
	Same     bool           `json:"same"`
	Compared int            `json:"compared"` // tensors that both have
	Equal    int            `json:"equal"`    // those of them that are the same, bit by bit
	Within   int            `json:"within"`   // those that differ within the tolerance
	MaxAbs   verify.Number  `json:"max_abs"`  // of all whose elements were compared; null if none were
	MaxRel   verify.Number  `json:"max_rel"`
	Differ   []WeightChange `json:"different"` // beyond the tolerance, or in type or shape
	OnlyA    []Stored       `json:"only_in_a"`
	OnlyB    []Stored       `json:"only_in_b"`
	Problem  string         `json:"problem,omitempty"` // why nothing could be compared
}

// Stored describes a tensor that one file has.
type Stored struct {
	Name  string       `json:"name"`
	DType string       `json:"dtype"`
	Shape tensor.Shape `json:"shape"`
}

// WeightChange is a tensor that differs. The differences are null where the shapes
// differ or the elements have no magnitude.
type WeightChange struct {
	Name   string        `json:"name"`
	NameB  string        `json:"name_b,omitempty"` // where it is another
	DTypeA string        `json:"dtype_a"`
	DTypeB string        `json:"dtype_b"`
	ShapeA tensor.Shape  `json:"shape_a"`
	ShapeB tensor.Shape  `json:"shape_b"`
	MaxAbs verify.Number `json:"max_abs"` // largest |a−b|
	MaxRel verify.Number `json:"max_rel"` // that of max |b|
	Note   string        `json:"note,omitempty"`
	within bool          // the tolerance, and of one type and shape
}

// compareWeights compares what has the same name, or is paired: paired has names of b
// by those of a.
func compareWeights(ctx context.Context, a, b *Side, paired map[string]string, tol verify.Tolerance) (*Weights, error) {
	w := &Weights{Differ: []WeightChange{}, OnlyA: []Stored{}, OnlyB: []Stored{}}
	ofA, names := byName(a.Weights)
	ofB, namesB := byName(b.Weights)
	taken := map[string]bool{}
	for _, name := range names {
		nameB := name
		if other, ok := paired[name]; ok {
			nameB = other
		}
		theirs, ok := ofB[nameB]
		if !ok {
			w.OnlyA = append(w.OnlyA, stored(ofA[name]))
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		taken[nameB] = true
		w.Compared++
		change, err := compareWeight(ofA[name], theirs, tol)
		if err != nil {
			return nil, err
		}
		w.add(change)
	}
	for _, name := range namesB {
		if !taken[name] {
			w.OnlyB = append(w.OnlyB, stored(ofB[name]))
		}
	}
	w.Same = len(w.Differ)+len(w.OnlyA)+len(w.OnlyB) == 0
	if w.Compared == 0 && len(names)+len(namesB) > 0 {
		w.Problem = fmt.Sprintf("no tensor of one name: %s", examples(names, namesB))
		w.MaxAbs, w.MaxRel = verify.Number(math.NaN()), verify.Number(math.NaN())
	}
	return w, nil
}

// examples names a tensor of each file.
func examples(a, b []string) string {
	of := func(list []string) string {
		if len(list) == 0 {
			return "none"
		}
		return fmt.Sprintf("%q", list[0])
	}
	return fmt.Sprintf("%d in A, such as %s, %d in B, such as %s", len(a), of(a), len(b), of(b))
}

func stored(w Weight) Stored { return Stored{w.Name, w.DType, w.Shape} }

// add counts a change, nil for none.
func (w *Weights) add(c *WeightChange) {
	if c == nil {
		w.Equal++
		return
	}
	if c.MaxAbs == c.MaxAbs { // a number
		w.MaxAbs, w.MaxRel = max(w.MaxAbs, c.MaxAbs), max(w.MaxRel, c.MaxRel)
	}
	if c.within {
		w.Within++
		return
	}
	w.Differ = append(w.Differ, *c)
}

// compareWeight returns how b differs from a, nil if it does not.
func compareWeight(a, b Weight, tol verify.Tolerance) (*WeightChange, error) {
	none := verify.Number(math.NaN())
	c := &WeightChange{Name: a.Name, DTypeA: a.DType, DTypeB: b.DType, ShapeA: a.Shape, ShapeB: b.Shape, MaxAbs: none, MaxRel: none}
	if b.Name != a.Name {
		c.NameB = b.Name
	}
	switch {
	case !a.Shape.Equal(b.Shape):
		c.Note = "the shapes differ"
		return c, nil
	case a.Load == nil || b.Load == nil:
		c.Note = "the elements cannot be read"
		return c, nil
	}
	x, err := a.Load()
	if err != nil {
		return nil, err
	}
	y, err := b.Load()
	if err != nil {
		return nil, err
	}
	if sameBits(x, y) {
		return nil, nil
	}
	n := len(x.Shape)
	if n > 1 { // one row: differences are relative to the whole tensor's largest
		x, y = x.Reshape(x.Elements()), y.Reshape(y.Elements())
	}
	v := verify.Compare(a.Name, x, y, tol)
	c.Note = v.Note
	if v.Note == "" {
		c.MaxAbs, c.MaxRel = v.MaxAbs, v.MaxRel
	}
	if v.NaN > 0 {
		c.Note = fmt.Sprintf("%d elements are NaN or infinite", v.NaN)
	}
	if a.DType != b.DType && c.Note == "" {
		c.Note = "the types differ"
	}
	c.within = v.Pass && a.DType == b.DType
	return c, nil
}

// sameBits reports whether two tensors of one shape have the same type and elements.
func sameBits(a, b *tensor.Tensor) bool {
	if a.DType != b.DType {
		return false
	}
	x, y := onnx.NewTensor("", a), onnx.NewTensor("", b)
	return bytes.Equal(x.GetRawData(), y.GetRawData()) && slices.EqualFunc(x.GetStringData(), y.GetStringData(), bytes.Equal)
}
