package main

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/internal/blocks"
	"github.com/mixconv/mixconv/internal/draw"
	"github.com/mixconv/mixconv/internal/page"
	"github.com/mixconv/mixconv/tensor"
)

//go:embed graph.html
var graphText string

var graphPage = page.Parse(graphText, template.FuncMap{"thousands": thousands, "count": countText, "bytes": bytesText})

// graphView is what the page of inspect --html shows.
type graphView struct {
	*modelFile
	Segments  []segmentView
	Operators []operatorView
	All       layer
	Meta      []metadataView
}

type metadataView struct{ Key, Value string }

type operatorView struct {
	operatorSum
	Share  string
	Length float64 // of a bar, in percent of the most frequent
}

// segmentView is a block, or a run of nodes outside blocks.
type segmentView struct {
	Title, Kernels, Shape string
	Notes                 []string
	Block                 bool
	Sum                   layer
	Length                float64 // of a bar: multiply-adds, in percent of the largest segment
	Drawing               *draw.Drawing
	Rows                  []rowView
}

type rowView struct {
	layer
	Shape, Kernel, Field string
}

// mostDrawn is how many nodes of a segment are drawn; more are a table alone.
const mostDrawn = 400

func (f *modelFile) writeGraph(w io.Writer, about page.About) error {
	l := f.layered
	v := graphView{modelFile: f, All: l.sum(l.whole())}
	var most int64
	for _, s := range l.segments {
		most = max(most, l.sum(s).MACs)
	}
	for _, s := range l.segments {
		v.Segments = append(v.Segments, l.view(s, most))
	}
	operators := l.operators()
	for _, o := range operators {
		v.Operators = append(v.Operators, operatorView{o, o.share(v.All.MACs), 100 * float64(o.Nodes) / float64(operators[0].Nodes)})
	}
	for _, key := range slices.Sorted(maps.Keys(f.Metadata)) {
		v.Meta = append(v.Meta, metadataView{key, f.Metadata[key]})
	}
	return page.Write(w, graphPage, about, v)
}

func (l *layered) view(s blocks.Segment, most int64) segmentView {
	v := segmentView{Title: s.Block, Block: s.Block != "", Sum: l.sum(s), Kernels: l.kernels(s)}
	last := l.Layers[s.Nodes[len(s.Nodes)-1]]
	if v.Shape = shapeText(last); !v.Block {
		v.Title = l.Layers[s.Nodes[0]].Node
		if len(s.Nodes) > 1 {
			v.Title += " … " + last.Node
		}
	}
	if most > 0 {
		v.Length = 100 * float64(v.Sum.MACs) / float64(most)
	}
	nodes, residual := l.drawn(s)
	if residual {
		v.Notes = append(v.Notes, "residual")
	}
	if len(s.Nodes) <= mostDrawn {
		v.Drawing = draw.Layout(nodes)
	}
	for _, i := range s.Nodes {
		n := l.Layers[i]
		v.Rows = append(v.Rows, rowView{n, shapeText(n), n.windowText(), n.fieldText()})
	}
	return v
}

func shapeText(l layer) string {
	if l.Shape == nil {
		return ""
	}
	return tensor.Shape(l.Shape).String()
}

// kernels are the kernel sizes of a block's depthwise convolutions.
func (l *layered) kernels(s blocks.Segment) string {
	var sizes []string
	stride := ""
	for _, i := range s.Nodes {
		for _, w := range l.Layers[i].Windows {
			if !w.depthwise() {
				continue
			}
			if size := times(w.Kernel); !slices.Contains(sizes, size) {
				sizes = append(sizes, size)
			}
			if slices.Max(w.Stride) > 1 {
				stride = ", stride " + short(w.Stride)
			}
		}
	}
	switch len(sizes) {
	case 0:
		return ""
	case 1:
		return "depthwise " + sizes[0] + stride
	}
	return "mixed " + strings.Join(sizes, " ") + stride
}

// drawn are a segment's nodes, with a box above for each value from outside. residual
// says that one of those is added to what the segment computes.
func (l *layered) drawn(s blocks.Segment) (nodes []draw.Node, residual bool) {
	maker := map[string]int{} // in nodes, by value
	inside := map[string]bool{}
	for _, i := range s.Nodes {
		for _, v := range l.Layers[i].Outputs {
			inside[v] = true
		}
	}
	for _, i := range s.Nodes {
		for _, v := range l.Layers[i].Inputs {
			if _, ok := maker[v]; !inside[v] && !ok {
				maker[v] = len(nodes)
				nodes = append(nodes, draw.Node{Class: "from", Head: v, Title: "from outside the block: " + v, Find: v})
			}
		}
	}
	for _, i := range s.Nodes {
		n := l.Layers[i]
		box := n.box(s.Block)
		own := 0
		for _, v := range n.Inputs {
			if at, ok := maker[v]; ok { // of a broken order, what comes later is left out
				box.From = append(box.From, at)
			}
			if inside[v] {
				own++
			}
		}
		residual = residual || n.Op == "Add" && len(n.Inputs) == 2 && own == 1
		for _, v := range n.Outputs {
			maker[v] = len(nodes)
		}
		nodes = append(nodes, box)
	}
	return nodes, residual
}

// box is how a layer is drawn.
func (l layer) box(block string) draw.Node {
	shape := shapeText(l)
	b := draw.Node{Class: "op", Head: l.Op, Lines: []string{strings.TrimLeft(strings.TrimPrefix(l.Node, block), "./")}, Find: l.Op + " " + l.Node + " " + l.windowText()}
	if b.Lines[0] == "" {
		b.Lines[0] = l.Node
	}
	switch {
	case len(l.Windows) > 1:
		b.Class = "mixed"
		for _, w := range l.Windows {
			b.Cells = append(b.Cells, fmt.Sprintf("%s · %d", w.text(), w.Out))
		}
	case len(l.Windows) == 1:
		b.Head += " " + l.windowText()
		b.Class = "conv"
		if l.Windows[0].depthwise() {
			b.Class = "mixed"
		}
	}
	b.Title = fmt.Sprintf("%s %s\n%s %s", l.Op, l.Node, l.DType, shape)
	for _, part := range []struct{ what, text string }{
		{"kernel", l.windowText()}, {"parameters", countText(l.Params)}, {"multiply-adds", countText(l.MACs)}, {"activation", bytesText(l.Bytes)}, {"receptive field", l.fieldText()},
	} {
		if part.text != "" {
			b.Title += "\n" + part.what + " " + part.text
		}
	}
	if shape != "" {
		b.Lines = append(b.Lines, shape)
	}
	return b
}
