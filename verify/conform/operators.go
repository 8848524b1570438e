package conform

import (
	"cmp"
	"slices"
)

// Operator counts the cases whose model has an operator.
type Operator struct {
	Name                        string
	Passed, Failed, Unsupported int
}

// ByOperator counts the cases by operator, in the order of their names. A case
// counts for every operator in its model.
func (r *Report) ByOperator() []Operator {
	index := map[string]int{}
	var list []Operator
	for _, c := range r.Cases {
		for _, name := range c.Ops {
			i, ok := index[name]
			if !ok {
				i = len(list)
				index[name] = i
				list = append(list, Operator{Name: name})
			}
			switch op := &list[i]; c.Status {
			case Passed:
				op.Passed++
			case Failed:
				op.Failed++
			case Unsupported:
				op.Unsupported++
			}
		}
	}
	slices.SortFunc(list, func(a, b Operator) int { return cmp.Compare(a.Name, b.Name) })
	return list
}
