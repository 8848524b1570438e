package ops

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/tensor"
)

// Einsum is a resolved call of Einsum. Labels are numbers: the output's first,
// in order, then those that are summed over.
type Einsum struct {
	Dims   tensor.Shape // of every label
	Out    int          // how many labels the output has
	Inputs [][]int      // the label of every axis
}

// EinsumOf resolves a call of Einsum; ok is false if a rank is not known.
// Dimensions may be tensor.Unknown.
func EinsumOf(c *Call) (e Einsum, ok bool, err error) {
	for _, t := range c.In {
		if t.Shape == nil {
			return e, false, nil
		}
	}
	equation := strings.ReplaceAll(c.Attrs.String("equation", ""), " ", "")
	left, right, explicit := strings.Cut(equation, "->")
	terms := strings.Split(left, ",")
	if len(terms) != len(c.In) {
		return e, false, fmt.Errorf("attribute equation: %d terms for %d inputs", len(terms), len(c.In))
	}
	var inputs [][]string
	dots := 0 // axes that ... stands for
	for i, term := range terms {
		names, n, err := axisNames(term, len(c.In[i].Shape))
		if err != nil {
			return e, false, err
		}
		inputs, dots = append(inputs, names), max(dots, n)
	}
	var out []string
	if explicit {
		rank := len(strings.ReplaceAll(right, "...", ""))
		if strings.Contains(right, "...") {
			rank += dots
		}
		if out, _, err = axisNames(right, rank); err != nil {
			return e, false, err
		}
	} else {
		out = implicitOutput(inputs, dots)
	}
	return e, true, e.bind(c, inputs, out)
}

// axisNames names the axes of a term: a letter, or for those of an ellipsis ".1"
// for the last, ".2" for the one before it, ….
func axisNames(term string, rank int) (names []string, dots int, err error) {
	before, after, ellipsis := strings.Cut(term, "...")
	letters := len(before) + len(after)
	if letters > rank || letters < rank && !ellipsis {
		return nil, 0, fmt.Errorf("attribute equation: %s for a rank of %d", quote(term), rank)
	}
	for _, part := range []string{before, after} {
		for _, r := range part {
			if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
				return nil, 0, fmt.Errorf("attribute equation: %s in %s", quote(string(r)), quote(term))
			}
		}
	}
	names = append(names, strings.Split(before, "")...)
	dots = rank - letters
	for i := range dots {
		names = append(names, fmt.Sprintf(".%d", dots-i))
	}
	return append(names, strings.Split(after, "")...), dots, nil
}

// implicitOutput has the ellipsis, then in alphabetical order the letters that
// appear once.
func implicitOutput(inputs [][]string, dots int) []string {
	count := map[string]int{}
	for _, names := range inputs {
		for _, name := range names {
			count[name]++
		}
	}
	var out, letters []string
	for i := range dots {
		out = append(out, fmt.Sprintf(".%d", dots-i))
	}
	for name, n := range count {
		if n == 1 && name[0] != '.' {
			letters = append(letters, name)
		}
	}
	slices.Sort(letters)
	return append(out, letters...)
}

// bind numbers the labels and finds their dimensions.
func (e *Einsum) bind(c *Call, inputs [][]string, out []string) error {
	number := map[string]int{}
	add := func(name string) int {
		at, ok := number[name]
		if !ok {
			at = len(e.Dims)
			number[name] = at
			e.Dims = append(e.Dims, 1)
		}
		return at
	}
	for _, name := range out {
		if _, twice := number[name]; twice {
			return fmt.Errorf("attribute equation: %s is twice in the output", name)
		}
		add(name)
	}
	e.Out = len(out)
	seen := make([]bool, e.Out)
	for i, names := range inputs {
		var labels []int
		for axis, name := range names {
			at := add(name)
			if at < e.Out {
				seen[at] = true
			}
			d, ok := broadcastDim(e.Dims[at], c.In[i].Shape[axis])
			if first := slices.Index(labels, at); first >= 0 && ok { // a diagonal does not broadcast
				_, ok = merge(c.In[i].Shape[first], c.In[i].Shape[axis])
			}
			if !ok {
				return fmt.Errorf("attribute equation: %s is %d and %d", name, e.Dims[at], c.In[i].Shape[axis])
			}
			e.Dims[at] = d
			labels = append(labels, at)
		}
		e.Inputs = append(e.Inputs, labels)
	}
	if i := slices.Index(seen, false); i >= 0 {
		return fmt.Errorf("attribute equation: %s is in the output alone", out[i])
	}
	return nil
}

func inferEinsum(c *Call) ([]Type, error) {
	e, ok, err := EinsumOf(c)
	if err != nil || !ok {
		return one(nil), err
	}
	return one(append(tensor.Shape{}, e.Dims[:e.Out]...)), nil
}
