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
	fmt.Fprintf(w, "%d of %d cases pass, %d fail, %d are unsupported, and of %d the values are not\n", r.Passed, len(r.Cases), r.Failed, r.Unsupported, r.Contradicted)
	fmt.Fprintf(w, "those of ONNX Runtime and PyTorch. This file is what `mixconv ops` prints; a test holds\n")
	fmt.Fprintf(w, "it against a run of `mixconv conform`. The MDConvs are functions that a file carries,\n")
	fmt.Fprintf(w, "and have a domain of their own.\n\n")
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
	for _, line := range r.reasons(Failed, Unsupported) {
		fmt.Fprintf(w, "- %s\n", line)
	}
	fmt.Fprintf(w, "\n## Where ONNX's evaluator is not followed\n\n")
	fmt.Fprintf(w, "Exporters write what PyTorch and ONNX Runtime compute. Where these two agree, and ONNX's\n")
	fmt.Fprintf(w, "own evaluator computes something else, both engines do as they do. In brackets is how\n")
	fmt.Fprintf(w, "many cases have the evaluator's values.\n\n")
	for _, line := range slices.Concat(r.reasons(Contradicted), differences) {
		fmt.Fprintf(w, "- %s\n", line)
	}
}

// differences are further points in which ONNX's evaluator is not followed, and that
// none of its cases shows.
var differences = []string{
	"GridSample: in mode cubic the neighbours of a place outside are brought in, not the place itself",
	"GridSample: of a grid that is no float64, places are computed in float32",
	"Resize: a coordinate within 10⁻⁶ of the middle between two elements counts as there",
	"Resize: a scale that is the float32 of two lengths' fraction is that fraction, and coordinates are exact; of any other, and of a region, they are computed in float32",
	"Resize: by scales, a length is the product in float32, rounded down",
	"Resize: an axis whose scale is 1 stays as it is, with tf_half_pixel_for_nn, too",
	"Resize: pytorch_half_pixel asks whether the length of the result is 1, not its fraction",
}

// reasons lists those of cases that came out in one of some ways, with their number.
func (r *Report) reasons(of ...Status) []string {
	count := map[string]int{}
	var reasons []string
	for _, c := range r.Cases {
		if !slices.Contains(of, c.Status) {
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
