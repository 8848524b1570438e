package conform

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/onnx/mdconv"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/runtime"
)

// Operator is an operator, its versions here, and how many of the cases whose
// model has it pass.
type Operator struct {
	Domain string `json:"domain"` // "" is ai.onnx
	Name   string `json:"name"`
	Since  []int  `json:"since"` // opsets that brought a version of it; none: it is not implemented
	Cases  int    `json:"cases"`
	Passed int    `json:"passed"`
}

// Coverage lists the operators of the registry, those that loading turns into
// them, then MDConv's, then those that cases have and no list.
func (r *Report) Coverage() []Operator {
	var list []Operator
	for _, op := range slices.Concat(ops.All(), runtime.Rewritten()) {
		list = append(list, Operator{Domain: op.Domain, Name: op.Name, Since: op.Since})
	}
	for g := mdconv.MinGroups; g <= mdconv.MaxGroups; g++ {
		for _, same := range []bool{false, true} {
			list = append(list, Operator{Domain: mdconv.Domain, Name: mdconv.OpType(g, same), Since: []int{mdconv.Version}})
		}
	}
	have := map[string]int{}
	for i, op := range list {
		have[op.String()] = i
	}
	var missing []string
	for _, c := range r.Cases {
		for _, name := range c.Ops {
			if _, ok := have[name]; !ok && !slices.Contains(missing, name) {
				missing = append(missing, name)
			}
		}
	}
	slices.Sort(missing)
	for _, name := range missing {
		have[name] = len(list)
		at := strings.LastIndex(name, ".")
		list = append(list, Operator{Domain: name[:max(at, 0)], Name: name[at+1:]})
	}
	for _, c := range r.Cases {
		for _, name := range c.Ops {
			op := &list[have[name]]
			op.Cases++
			if c.Status == Passed {
				op.Passed++
			}
		}
	}
	return list
}

// String is the name, with its domain in front unless it is ai.onnx.
func (o Operator) String() string {
	if o.Domain == "" {
		return o.Name
	}
	return o.Domain + "." + o.Name
}

// WriteTable writes the operators and, below, why cases do not pass: the text
// of OPERATORS.md.
func (r *Report) WriteTable(w io.Writer) {
	fmt.Fprintf(w, "# Operators\n\n")
	fmt.Fprintf(w, "ONNX, opsets %d to %d. The last column counts the backend test cases of onnx\n", ops.MinOpset, ops.MaxOpset)
	fmt.Fprintf(w, "1.22.0 whose model has the operator: how many pass on both engines, of how many.\n")
	fmt.Fprintf(w, "%d of %d cases pass, %d fail, %d are unsupported. This file is what `mixconv ops`\n", r.Passed, len(r.Cases), r.Failed, r.Unsupported)
	fmt.Fprintf(w, "prints; a test holds it against a run of `mixconv conform`. The MDConvs are functions\n")
	fmt.Fprintf(w, "that a file carries, and have a domain of their own.\n\n")
	rows := [][3]string{{"operator", "versions, by opset", "cases"}, {"---", "---", "---"}}
	for _, op := range r.Coverage() {
		row := [3]string{op.String(), strings.Trim(fmt.Sprint(op.Since), "[]")}
		if op.Domain == mdconv.Domain {
			row[0] = op.Name
		}
		if len(op.Since) == 0 {
			row[1] = "not implemented"
		}
		if op.Cases > 0 {
			row[2] = fmt.Sprintf("%d of %d", op.Passed, op.Cases)
		}
		rows = append(rows, row)
	}
	var width [3]int
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], len(cell))
		}
	}
	for _, row := range rows {
		fmt.Fprintf(w, "| %-*s | %-*s | %-*s |\n", width[0], row[0], width[1], row[1], width[2], row[2])
	}
	fmt.Fprintf(w, "\n## What does not pass\n\n")
	for _, line := range r.gaps() {
		fmt.Fprintf(w, "- %s\n", line)
	}
}

// gaps lists the reasons of cases that did not pass, with their number.
func (r *Report) gaps() []string {
	count := map[string]int{}
	var reasons []string
	for _, c := range r.Cases {
		if c.Status == Passed {
			continue
		}
		if count[c.Reason]++; count[c.Reason] == 1 {
			reasons = append(reasons, c.Reason)
		}
	}
	slices.Sort(reasons)
	for i, reason := range reasons {
		reasons[i] = fmt.Sprintf("%s (%d)", reason, count[reason])
	}
	return reasons
}
