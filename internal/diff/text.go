package diff

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/verify"
)

// mostLines is how much of a list the text has.
const mostLines = 8

// WriteText writes the result for people: long lists are cut, and nodes are counted by
// block.
func (r *Result) WriteText(w io.Writer) {
	fmt.Fprintf(w, "A  %s\nB  %s\n", title(r.A, r.NoteA), title(r.B, r.NoteB))
	if s := r.Structure; s != nil {
		fmt.Fprintf(w, "structure  %s\n", s.Summary())
		var lines []string
		for _, c := range s.Model {
			lines = append(lines, c.text())
		}
		for _, f := range s.Folded() {
			lines = append(lines, f.text())
		}
		for i, c := range s.Renamed {
			if i == 2 {
				lines = append(lines, fmt.Sprintf("renamed: %d more", len(s.Renamed)-i))
				break
			}
			lines = append(lines, fmt.Sprintf("renamed: %s | %s", escape(c.A), escape(c.B)))
		}
		cut(w, lines, 2*mostLines)
	}
	if r.Weights != nil {
		fmt.Fprintf(w, "weights    %s\n", r.Weights.Summary())
		var lines []string
		for _, c := range r.Weights.Differ {
			lines = append(lines, c.text())
		}
		cut(w, lines, mostLines)
		if r.Weights.Problem == "" {
			cut(w, storedLines("only in A", r.Weights.OnlyA), 4)
			cut(w, storedLines("only in B", r.Weights.OnlyB), 4)
		}
	}
	if o := r.Outputs; o != nil {
		fmt.Fprintf(w, "outputs    %s\n", o.Summary())
		var lines []string
		for _, v := range o.Values {
			if !v.Pass {
				lines = append(lines, valueText(v))
			}
		}
		cut(w, lines, mostLines)
	}
	fmt.Fprintln(w, r.verdict())
}

// title is a file with what was made of it.
func title(path, note string) string {
	if note == "" {
		return escape(path)
	}
	return escape(path) + ": " + escape(note)
}

func (r *Result) verdict() string {
	if r.Same {
		return "same"
	}
	return "DIFFERENT"
}

// cut writes lines, of a long list the beginning.
func cut(w io.Writer, lines []string, most int) {
	for i, line := range lines {
		if i == most && len(lines) > most+1 {
			fmt.Fprintf(w, "  and %d more: --json or --html has all\n", len(lines)-i)
			return
		}
		fmt.Fprintln(w, "  "+line)
	}
}

// Summary says in a line how the structures differ.
func (s *Structure) Summary() string {
	if s.Same {
		return fmt.Sprintf("the same: %d nodes", s.NodesA)
	}
	nodes := fmt.Sprintf("%d nodes", s.NodesA)
	if s.NodesA != s.NodesB {
		nodes = fmt.Sprintf("%d and %d nodes", s.NodesA, s.NodesB)
	}
	return counts("differs: "+nodes, []count{{len(s.OnlyA), "only in A"}, {len(s.OnlyB), "only in B"}, {len(s.Changed), "changed"},
		{len(s.Renamed), "renamed"}, {len(s.Model), "other"}})
}

// Summary says in a line how the weights differ.
func (w *Weights) Summary() string {
	switch {
	case w.Problem != "":
		return "nothing could be compared: " + w.Problem
	case w.Compared == 0:
		return "none in either"
	}
	says := "differ: "
	if w.Same {
		says = "the same: "
	}
	text := counts(fmt.Sprintf("%s%d tensors compared, %d equal", says, w.Compared, w.Equal), []count{{w.Within, "within the tolerance"}, {len(w.Differ), "different"},
		{len(w.OnlyA), "only in A"}, {len(w.OnlyB), "only in B"}})
	if w.MaxAbs > 0 {
		text += fmt.Sprintf("; max |a−b| %s, %s of max |b|", w.MaxAbs, w.MaxRel)
	}
	return text
}

// Summary says in a line how the outputs differ.
func (o *Outputs) Summary() string {
	if o.Problem != "" {
		return "not compared: " + escape(o.Problem)
	}
	var abs, rel verify.Number
	for _, v := range o.Values {
		abs, rel = max(abs, v.MaxAbs), max(rel, v.MaxRel)
	}
	says := "differ"
	if o.Same {
		says = "the same"
	}
	return counts(fmt.Sprintf("%s: %d compared", says, len(o.Values)), []count{{len(o.OnlyA), "only in A"}, {len(o.OnlyB), "only in B"}}) +
		fmt.Sprintf("; max |a−b| %s, %s of max |b|", abs, rel)
}

type count struct {
	n    int
	what string
}

// counts appends what there is to begin.
func counts(begin string, list []count) string {
	for _, c := range list {
		if c.n > 0 {
			begin += fmt.Sprintf(", %d %s", c.n, c.what)
		}
	}
	return begin
}

func (c Change) text() string {
	a, b := apart(c.A, c.B)
	return fmt.Sprintf("%s: %s | %s", escape(c.What), a, b)
}

// apart are two different texts for a line: of long ones the place where they part.
func apart(a, b string) (string, string) {
	const most = 60
	common := 0
	for common < min(len(a), len(b)) && a[common] == b[common] {
		common++
	}
	short := func(s string) string {
		if s == "" {
			return "none"
		}
		from := 0
		if common > most/2 && len(s) > most {
			from = common - most/2
		}
		text := strings.ToValidUTF8(s[from:min(len(s), from+most)], "")
		if from > 0 {
			text = "…" + text
		}
		if from+most < len(s) {
			text += "…"
		}
		return escape(text)
	}
	return short(a), short(b)
}

// Fold is what differs in the nodes of a block.
type Fold struct {
	Block   string
	OnlyA   []Node
	OnlyB   []Node
	Changed []NodeChange
}

// Folded are the nodes that differ by block, in the order in which they come.
func (s *Structure) Folded() []*Fold {
	var list []*Fold
	of := map[string]*Fold{}
	get := func(block string) *Fold {
		if of[block] == nil {
			of[block] = &Fold{Block: block}
			list = append(list, of[block])
		}
		return of[block]
	}
	for _, c := range s.Changed {
		get(c.Block).Changed = append(get(c.Block).Changed, c)
	}
	for _, n := range s.OnlyA {
		get(n.Block).OnlyA = append(get(n.Block).OnlyA, n)
	}
	for _, n := range s.OnlyB {
		get(n.Block).OnlyB = append(get(n.Block).OnlyB, n)
	}
	return list
}

// Title is the block's name.
func (f *Fold) Title() string {
	if f.Block == "" {
		return "outside blocks"
	}
	return f.Block
}

// Summary counts the block's nodes by operator; a single one is named.
func (f *Fold) Summary() string {
	var parts []string
	if n := len(f.Changed); n == 1 {
		c := f.Changed[0]
		var what []string
		for _, change := range c.Changes {
			a, b := apart(change.A, change.B)
			what = append(what, fmt.Sprintf("%s %s | %s", escape(change.What), a, b))
		}
		parts = append(parts, fmt.Sprintf("%s %s: %s", escape(c.Op), escape(c.Name), strings.Join(what, ", ")))
	} else if n > 1 {
		nodes := make([]Node, n)
		for i, c := range f.Changed {
			nodes[i] = c.Node
		}
		parts = append(parts, "changed "+operators(nodes))
	}
	if len(f.OnlyA) > 0 {
		parts = append(parts, "only in A "+operators(f.OnlyA))
	}
	if len(f.OnlyB) > 0 {
		parts = append(parts, "only in B "+operators(f.OnlyB))
	}
	return strings.Join(parts, "; ")
}

func (f *Fold) text() string { return escape(f.Title()) + ": " + f.Summary() }

// operators counts nodes by operator, the most frequent first.
func operators(nodes []Node) string {
	of := map[string]int{}
	for _, n := range nodes {
		of[n.Op]++
	}
	ops := names(of, nil)
	slices.SortStableFunc(ops, func(a, b string) int { return cmp.Compare(of[b], of[a]) })
	parts := make([]string, len(ops))
	for i, op := range ops {
		parts[i] = fmt.Sprintf("%d %s", of[op], escape(op))
	}
	return strings.Join(parts, ", ")
}

// text is the tensor in a line.
func (c WeightChange) text() string {
	name := escape(c.Name)
	if c.NameB != "" {
		name += " | " + escape(c.NameB)
	}
	text := fmt.Sprintf("%s %s", name, c.Types())
	if c.ShapeA.Equal(c.ShapeB) && c.MaxAbs == c.MaxAbs {
		text += fmt.Sprintf(": max |a−b| %s, %s of max |b|", c.MaxAbs, c.MaxRel)
	}
	if c.Note != "" {
		text += ": " + escape(c.Note)
	}
	return text
}

// Types are the types and shapes of both sides, once if they are the same.
func (c WeightChange) Types() string {
	a, b := c.DTypeA+c.ShapeA.String(), c.DTypeB+c.ShapeB.String()
	if a == b {
		return a
	}
	return a + " | " + b
}

func storedLines(where string, list []Stored) []string {
	var lines []string
	for _, s := range list {
		lines = append(lines, fmt.Sprintf("%s: %s %s%s", where, escape(s.Name), s.DType, s.Shape))
	}
	return lines
}

func valueText(v verify.Value) string {
	text := fmt.Sprintf("%s: max |a−b| %s, %s of max |b|", escape(v.Name), v.MaxAbs, v.MaxRel)
	if v.NaN > 0 {
		text += fmt.Sprintf(", %d NaN or infinite", v.NaN)
	}
	if v.Note != "" {
		text += ": " + escape(v.Note)
	}
	return text
}

// escape makes a text from a file safe to print.
func escape(text string) string {
	q := strconv.Quote(text)
	return strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`)
}
