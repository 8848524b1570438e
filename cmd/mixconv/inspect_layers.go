package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/blocks"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
)

// layer is a node as inspect --layers prints it.
type layer struct {
	Node    string   `json:"node"`
	Op      string   `json:"op"`
	Block   string   `json:"block"`
	Inputs  []string `json:"inputs"`
	Outputs []string `json:"outputs"`
	DType   string   `json:"dtype"`
	Shape   dims     `json:"shape"`
	Windows []window `json:"windows"`
	Params  int64    `json:"params"`
	MACs    int64    `json:"macs"`
	Bytes   int64    `json:"activation_bytes"`
	Field   []int    `json:"receptive_field"` // null: the whole input, or not known
	Whole   bool     `json:"whole_input"`
}

// window is what a convolution or pool looks at, an MDConv once for each kernel size.
type window struct {
	Kernel   []int `json:"kernel"`
	Stride   []int `json:"stride"`
	Dilation []int `json:"dilation"`
	Group    int   `json:"group"`
	In       int   `json:"in"`
	Out      int   `json:"out"`
}

// layered is what inspect --layers adds to a model's description. Of a model that does
// not run, layers have names and operators alone.
type layered struct {
	Layers          []layer `json:"layers"`
	ActivationBytes *int64  `json:"activation_bytes"`      // of all layers; null if a shape is open
	PeakBytes       *int64  `json:"peak_activation_bytes"` // that the plan keeps at a time; null if there is none
	segments        []blocks.Segment
}

func (a *app) describeLayers(ctx context.Context, m *onnx.Model, sample *sampleFlags) (*layered, error) {
	shapes, err := sample.parsed()
	if err == nil && sample.input != "" {
		var s *runtime.Session
		if s, err = runtime.New(m, runtime.Options{Context: ctx}); err == nil {
			shapes, _, err = a.sampleShapes(s, sample)
		}
	}
	if err != nil {
		return nil, err
	}
	list, err := runtime.Layers(m, shapes, runtime.Options{Context: ctx})
	var unsupported *errs.UnsupportedError
	if errors.As(err, &unsupported) {
		list = namedLayers(m)
	} else if err != nil {
		return nil, err
	}
	l := &layered{Layers: []layer{}}
	nodes := make([]blocks.Node, len(list))
	var total int64
	for i, n := range list {
		nodes[i] = blocks.Node{Name: n.Name, In: n.In, Out: n.Out}
		total += n.Bytes
		l.Layers = append(l.Layers, describeLayer(n))
	}
	l.segments = blocks.Split(nodes)
	for _, s := range l.segments {
		for _, i := range s.Nodes {
			l.Layers[i].Block = s.Block
		}
	}
	if err == nil && !slices.ContainsFunc(list, func(n runtime.Layer) bool { return n.Shape == nil || !n.Shape.Known() }) {
		l.ActivationBytes = positive(total)
		if s, err := runtime.New(m, runtime.Options{Context: ctx}); err == nil {
			peak, err := s.PlanBytes(shapes)
			if err != nil {
				return nil, err
			}
			l.PeakBytes = positive(peak)
		}
	}
	return l, nil
}

// namedLayers are the nodes of a model that cannot be typed.
func namedLayers(m *onnx.Model) []runtime.Layer {
	var list []runtime.Layer
	weights := map[string]bool{"": true}
	for _, t := range m.Proto.GetGraph().GetInitializer() {
		weights[t.GetName()] = true
	}
	for _, n := range m.Proto.GetGraph().GetNode() {
		in := slices.DeleteFunc(slices.Clone(n.GetInput()), func(name string) bool { return weights[name] })
		list = append(list, runtime.Layer{Name: n.GetName(), Op: n.GetOpType(), In: in, Out: n.GetOutput()})
	}
	return list
}

func describeLayer(n runtime.Layer) layer {
	l := layer{
		Node: n.Name, Op: n.Op, Inputs: append([]string{}, n.In...), Outputs: append([]string{}, n.Out...), DType: n.DType.String(), Shape: dims(n.Shape),
		Windows: []window{}, Params: n.Params, MACs: n.MACs, Bytes: n.Bytes, Field: n.Field, Whole: n.Whole,
	}
	if l.Node == "" && len(n.Out) > 0 {
		l.Node = n.Out[0]
	}
	for _, w := range n.Windows {
		l.Windows = append(l.Windows, window(w))
	}
	return l
}

// depthwise reports whether each output channel of a convolution has its own input.
func (w window) depthwise() bool { return w.Group > 1 && w.Group == w.In }

// text is a kernel's size and stride: 5×5/2, and d2 behind it if it is dilated.
func (w window) text() string {
	text := times(w.Kernel)
	if slices.Max(append([]int{1}, w.Stride...)) > 1 {
		text += "/" + short(w.Stride)
	}
	if slices.Max(append([]int{1}, w.Dilation...)) > 1 {
		text += " d" + short(w.Dilation)
	}
	return text
}

func times(list []int) string {
	parts := make([]string, len(list))
	for i, n := range list {
		parts[i] = fmt.Sprint(n)
	}
	return strings.Join(parts, "×")
}

// short is one number if all are the same.
func short(list []int) string {
	if slices.Max(list) == slices.Min(list) {
		return fmt.Sprint(list[0])
	}
	return times(list)
}

// windowText joins a layer's kernels: 3×3,5×5/2.
func (l layer) windowText() string {
	var parts []string
	for _, w := range l.Windows {
		parts = append(parts, w.text())
	}
	text := strings.Join(parts, ", ")
	if len(l.Windows) > 0 && l.Windows[0].depthwise() {
		text += " dw"
	} else if len(l.Windows) > 0 && l.Windows[0].Group > 1 {
		text += fmt.Sprintf(" g%d", l.Windows[0].Group)
	}
	return text
}

func (l layer) fieldText() string {
	switch {
	case l.Whole:
		return "all"
	case l.Field == nil:
		return ""
	}
	return times(l.Field)
}

// bytesText is a size in bytes, KiB or MiB, nothing for 0.
func bytesText(n int64) string {
	switch {
	case n == 0:
		return ""
	case n < 1<<10:
		return fmt.Sprintf("%d B", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.2f MiB", float64(n)/(1<<20))
}

// countText is a number, nothing for 0.
func countText(n int64) string {
	if n == 0 {
		return ""
	}
	return thousands(n)
}

func (l *layered) text(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "layer\toperator\toutput\tkernel\tparameters\tmultiply-adds\tactivation\treceptive field")
	for _, s := range l.segments {
		if s.Block != "" {
			sum := l.sum(s)
			fmt.Fprintf(t, "%s\t\t\t\t%s\t%s\t%s\t\n", errs.Quote(s.Block), countText(sum.Params), countText(sum.MACs), bytesText(sum.Bytes))
		}
		for _, i := range s.Nodes {
			n := l.Layers[i]
			fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", errs.Quote(n.Node), errs.Quote(n.Op), tensor.Shape(n.Shape), n.windowText(),
				countText(n.Params), countText(n.MACs), bytesText(n.Bytes), n.fieldText())
		}
	}
	all := l.sum(l.whole())
	macs, bytes := countText(all.MACs), bytesText(all.Bytes)
	if l.ActivationBytes == nil && len(macs)+len(bytes) > 0 { // of the shapes that are known
		macs, bytes = "≥ "+cmp.Or(macs, "0"), "≥ "+cmp.Or(bytes, "0")
	}
	fmt.Fprintf(t, "in all, %d layers\t\t\t\t%s\t%s\t%s\t\n", len(l.Layers), countText(all.Params), macs, bytes)
	fmt.Fprintln(t, "\noperator\tnodes\tparameters\tmultiply-adds\tof all\t\t\t")
	for _, o := range l.operators() {
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\t\t\t\n", errs.Quote(o.Name), o.Nodes, countText(o.Params), countText(o.MACs), o.share(all.MACs))
	}
	t.Flush()
	if l.PeakBytes == nil {
		fmt.Fprintln(w, "peak activation memory not known: a shape is open, or the model does not run")
	} else {
		fmt.Fprintf(w, "peak activation memory of the plan %s\n", bytesText(*l.PeakBytes))
	}
}

func (l *layered) whole() blocks.Segment {
	var all blocks.Segment
	for i := range l.Layers {
		all.Nodes = append(all.Nodes, i)
	}
	return all
}

// sum adds up the layers of a segment.
func (l *layered) sum(s blocks.Segment) layer {
	var sum layer
	for _, i := range s.Nodes {
		n := l.Layers[i]
		sum.Params, sum.MACs, sum.Bytes = sum.Params+n.Params, sum.MACs+n.MACs, sum.Bytes+n.Bytes
	}
	return sum
}

// operatorSum is all nodes of an operator.
type operatorSum struct {
	Name         string
	Nodes        int
	Params, MACs int64
}

func (o operatorSum) share(of int64) string {
	if o.MACs == 0 || of == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f %%", 100*float64(o.MACs)/float64(of))
}

// operators are the most frequent first.
func (l *layered) operators() []operatorSum {
	var list []operatorSum
	at := map[string]int{}
	for _, n := range l.Layers {
		i, ok := at[n.Op]
		if !ok {
			i = len(list)
			at[n.Op] = i
			list = append(list, operatorSum{Name: n.Op})
		}
		o := &list[i]
		o.Nodes, o.Params, o.MACs = o.Nodes+1, o.Params+n.Params, o.MACs+n.MACs
	}
	slices.SortStableFunc(list, func(a, b operatorSum) int { return cmp.Compare(b.Nodes, a.Nodes) })
	return list
}
