package plan

import (
	"errors"
	"fmt"
	"slices"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/kernel"
	"github.com/mixconv/mixconv/tensor"
)

// planner builds a plan in one walk over the graph.
type planner struct {
	plan    *Plan
	limits  limit.Limits
	packs   *Packs
	places  map[*graph.Value]*Place // float32 values
	copies  map[copyKey]*Place      // the same values in another order
	targets map[*graph.Value]*Place // where a Concat wants its inputs written
	slots   map[*graph.Value]int    // values that only fallback steps touch
	images  map[*graph.Value]bool   // values of rank 4 that are stored as pictures
	turns   map[*graph.Value][]int  // how the Transpose that alone reads a value permutes it

	readers   map[*graph.Value]*graph.Node // the convolution that alone reads a value
	expanding map[*graph.Value]*graph.Node // pointwise convolutions that their reader computes
	means     map[*graph.Value]*mixedStep  // values whose means are at hand when they are made
	gated     map[*graph.Value]gate        // products that their reader computes
}

type copyKey struct {
	v     *graph.Value
	plain bool
}

// ErrShape says that a shape depends on data that only the run has.
var ErrShape = errors.New("its shape is not known before the run")

// errNoKernel says that a lowering does not cover a node; the reference loops
// then run it.
var errNoKernel = errors.New("no planned kernel")

// lowerings has one row per operator that the planned engine runs itself.
var lowerings = map[string]func(*planner, *graph.Node) error{
	"Conv": (*planner).conv, "MDConv": (*planner).mixed,
	"GlobalAveragePool": (*planner).globalPool, "ReduceMean": (*planner).reduceMean, "ReduceSum": (*planner).reduceSum, "MaxPool": (*planner).windowPool, "AveragePool": (*planner).windowPool,
	"Resize": (*planner).resize, "Upsample": (*planner).resize,
	"Gemm": (*planner).gemm, "MatMul": (*planner).matMul,
	"LayerNormalization": (*planner).layerNorm, "InstanceNormalization": (*planner).instanceNorm,
	"Relu": (*planner).unary, "Clip": (*planner).unary, "Sigmoid": (*planner).unary, "Swish": (*planner).unary,
	"HardSigmoid": (*planner).unary, "HardSwish": (*planner).unary, "Tanh": (*planner).unary, "Erf": (*planner).unary, "Gelu": (*planner).unary,
	"LeakyRelu": (*planner).unary,
	"Add":       (*planner).binary, "Sub": (*planner).binary, "Mul": (*planner).binary, "Div": (*planner).binary,
	"Abs": (*planner).mapped, "Acos": (*planner).mapped, "Acosh": (*planner).mapped, "Asin": (*planner).mapped, "Asinh": (*planner).mapped,
	"Atan": (*planner).mapped, "Atanh": (*planner).mapped, "Ceil": (*planner).mapped, "Celu": (*planner).mapped, "Cos": (*planner).mapped,
	"Cosh": (*planner).mapped, "Elu": (*planner).mapped, "Exp": (*planner).mapped, "Floor": (*planner).mapped, "Log": (*planner).mapped,
	"Mish": (*planner).mapped, "Neg": (*planner).mapped, "Reciprocal": (*planner).mapped, "Round": (*planner).mapped, "Selu": (*planner).mapped,
	"Sign": (*planner).mapped, "Sin": (*planner).mapped, "Sinh": (*planner).mapped, "Softplus": (*planner).mapped, "Softsign": (*planner).mapped,
	"Sqrt": (*planner).mapped, "Tan": (*planner).mapped, "ThresholdedRelu": (*planner).mapped,
	"Softmax": (*planner).softmax,
	"Concat":  (*planner).concat, "Pad": (*planner).pad,
	"Split": (*planner).split, "Slice": (*planner).slice, "Gather": (*planner).gather, "Expand": (*planner).expand, "Tile": (*planner).tile, "Transpose": (*planner).transpose, "Identity": (*planner).reshape,
	"Reshape": (*planner).reshape, "Flatten": (*planner).reshape, "Squeeze": (*planner).reshape, "Unsqueeze": (*planner).reshape,
}

// views are the operators whose result lies in their input's buffer.
var views = []string{"Split", "Slice", "Gather", "Expand", "Transpose", "Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze"}

func (p *planner) run(g *graph.Graph) error {
	if err := p.checkSizes(g); err != nil {
		return err
	}
	for _, v := range g.Inputs {
		p.plan.inputs = append(p.plan.inputs, p.input(v))
	}
	p.images, p.turns = findImages(g), findTurns(g)
	p.aimConcats(g)
	p.readers = singleReaders(g)
	for _, n := range g.Nodes {
		if err := p.node(n); err != nil {
			return fmt.Errorf("node %q: %w", n.Name, err)
		}
	}
	for _, o := range g.Outputs {
		p.plan.outputs = append(p.plan.outputs, p.output(o))
	}
	p.live()
	p.plan.arena = layOut(p.plan.buffers)
	if bytes := p.plan.Bytes(); bytes > p.limits.TotalBytes {
		return fmt.Errorf("a run needs %d bytes, allowed at most %d", bytes, p.limits.TotalBytes)
	}
	return nil
}

// checkSizes bounds every value before anything is allocated.
func (p *planner) checkSizes(g *graph.Graph) error {
	for _, n := range g.Nodes {
		for _, v := range n.Out {
			if v == nil {
				continue
			}
			if !v.Type.Shape.Known() {
				return fmt.Errorf("node %q: %q: %w", n.Name, v.Name, ErrShape)
			}
			if _, bytes, err := tensor.Size(v.Type.DType, v.Type.Shape); err != nil || bytes > p.limits.TensorBytes {
				return fmt.Errorf("node %q makes %s %s of %d bytes, allowed at most %d", n.Name, v.Type.DType, v.Type.Shape, bytes, p.limits.TensorBytes)
			}
		}
	}
	return nil
}

// node lowers n to a planned kernel, or to the reference loops.
func (p *planner) node(n *graph.Node) error {
	lower := lowerings[n.Op.Name]
	if lower == nil || !n.Is(n.Op.Name) || !floats(n) {
		return p.fallback(n)
	}
	err := lower(p, n)
	if errors.Is(err, errNoKernel) {
		return p.fallback(n)
	}
	return err
}

// floats reports whether n's first input and all its results are float32, and
// nothing that it reads or makes is empty.
func floats(n *graph.Node) bool {
	if len(n.In) == 0 || n.In[0] == nil || n.In[0].Type.DType != tensor.Float32 {
		return false
	}
	for v := range n.Operands {
		if v.Type.Shape.Elements() == 0 {
			return false
		}
	}
	for _, v := range n.Out {
		if v == nil || v.Type.DType != tensor.Float32 || v.Type.Shape.Elements() == 0 {
			return false
		}
	}
	return true
}

// step appends a step.
func (p *planner) step(n *graph.Node, name string, reads, writes []*Place, bind func(*memory) kernel.Job) {
	p.plan.Steps = append(p.plan.Steps, &Step{Name: n.Name, Kernel: name, MACs: macs(n), reads: reads, writes: writes, bind: bind})
}

// macs counts n's multiply-adds; 0 for the copies that no node asks for.
func macs(n *graph.Node) int64 {
	if n.Op == nil {
		return 0
	}
	call, err := n.Call()
	if err != nil {
		return 0
	}
	return ops.MACs(call)
}

// read returns where v lies, in whatever order.
func (p *planner) read(v *graph.Value) (*Place, error) {
	if place := p.places[v]; place != nil {
		return place, nil
	}
	t := v.Const()
	if t == nil || t.DType != tensor.Float32 {
		return nil, errNoKernel
	}
	data := tensor.Data[float32](t)
	place := &Place{buf: &Buffer{size: len(data), data: data}, dims: t.Shape, strides: rowMajor(t.Shape)}
	p.places[v] = place
	return place, nil
}

// image returns v as pictures, channels last, copied there if it lies
// otherwise.
func (p *planner) image(v *graph.Value) (*Place, error) {
	place, err := p.read(v)
	if err != nil || place.pixel() != 0 {
		return place, err
	}
	if len(place.dims) != 4 {
		return nil, errNoKernel
	}
	return p.copied(v, place, false)
}

// plain returns v in row-major order without gaps, copied if need be.
func (p *planner) plain(v *graph.Value) (*Place, error) {
	place, err := p.read(v)
	if err != nil || place.isPlain() {
		return place, err
	}
	return p.copied(v, place, true)
}

func (p *planner) copied(v *graph.Value, from *Place, plain bool) (*Place, error) {
	key := copyKey{v, plain}
	if to := p.copies[key]; to != nil {
		return to, nil
	}
	to := p.fresh(from.dims)
	name := "to channels last"
	if plain {
		to.strides, name = rowMajor(from.dims), "to row-major"
	}
	if err := p.copy(&graph.Node{Name: v.Name}, name, to, from); err != nil {
		return nil, err
	}
	p.copies[key] = to
	return to, nil
}

// copy appends a step that copies from to to, of the same shape.
func (p *planner) copy(n *graph.Node, name string, to, from *Place) error {
	nest, ok := kernel.NewNest(to.dims, to.strides, from.strides)
	if !ok {
		return errNoKernel
	}
	p.step(n, name, []*Place{from}, []*Place{to}, func(mem *memory) kernel.Job {
		return kernel.Copy(nest, mem.floats(to), mem.floats(from))
	})
	return nil
}

// write returns where n's result v is to be written: where a Concat wants it,
// or in a buffer of its own.
func (p *planner) write(v *graph.Value) *Place {
	return p.writeIn(v, p.order(v), func(*Place) bool { return true })
}

// order is the order in which a value is stored by itself.
func (p *planner) order(v *graph.Value) []int {
	if p.images[v] {
		return natural(v.Type.Shape)
	}
	return rowMajor(v.Type.Shape)
}

// writeIn is write with a given order for a buffer of its own, which v also
// gets if what a Concat wants does not fit.
func (p *planner) writeIn(v *graph.Value, strides []int, fits func(*Place) bool) *Place {
	place := p.targets[v]
	if place == nil || !fits(place) {
		delete(p.targets, v)
		place = p.fresh(v.Type.Shape)
		place.strides = strides
	}
	p.places[v] = place
	return place
}

// writeLike is write in the order of one of the operands, for what works element
// by element.
func (p *planner) writeLike(v *graph.Value, operands ...*Place) *Place {
	strides := p.order(v)
	if !p.images[v] {
		for _, o := range slices.Backward(operands) {
			if o.dims.Equal(v.Type.Shape) {
				strides = likeOrder(o.dims, o.strides)
			}
		}
	}
	return p.writeIn(v, strides, func(*Place) bool { return true })
}

// writeImage is write for kernels that make pictures: where a Concat wants
// something else, the result gets a buffer of its own and the Concat copies it.
func (p *planner) writeImage(v *graph.Value) *Place {
	return p.writeIn(v, channelsLast(v.Type.Shape), func(to *Place) bool { return to.pixel() != 0 })
}

// writePlain is write for kernels that make row-major values.
func (p *planner) writePlain(v *graph.Value) *Place {
	return p.writeIn(v, rowMajor(v.Type.Shape), (*Place).isPlain)
}

// writeRows is writePlain, but leaves gaps between rows of n elements if a
// Concat wants them, and returns the rows.
func (p *planner) writeRows(v *graph.Value, n int) *Place {
	out := p.writeIn(v, rowMajor(v.Type.Shape), func(to *Place) bool {
		_, ok := to.rows(n)
		return ok
	})
	rows, _ := out.rows(n)
	return rows
}

// rows returns v as rows of n neighbouring elements, copied if need be.
func (p *planner) rows(v *graph.Value, n int) (*Place, error) {
	place, err := p.read(v)
	if err != nil {
		return nil, err
	}
	if rows, ok := place.rows(n); ok {
		return rows, nil
	}
	if place, err = p.plain(v); err != nil {
		return nil, err
	}
	rows, ok := place.rows(n)
	if !ok {
		return nil, errNoKernel
	}
	return rows, nil
}

// fresh returns a place for dims in a new buffer, in natural order.
func (p *planner) fresh(dims tensor.Shape) *Place {
	b := &Buffer{size: dims.Elements(), first: -1, last: -1}
	p.plan.buffers = append(p.plan.buffers, b)
	return &Place{buf: b, dims: dims, strides: natural(dims)}
}

// live finds from when to when each buffer is in use. Outputs stay until the
// end.
func (p *planner) live() {
	started := map[*Buffer]bool{}
	for _, in := range p.plan.inputs {
		if in.place != nil {
			started[in.place.buf] = true
		}
	}
	for i, s := range p.plan.Steps {
		for _, w := range s.writes {
			if !started[w.buf] {
				started[w.buf] = true
				w.buf.first = i
			}
			w.buf.last = i
		}
		for _, r := range s.reads {
			r.buf.last = i
		}
	}
	for _, o := range p.plan.outputs {
		if o.place != nil {
			o.place.buf.last = len(p.plan.Steps)
		}
	}
}
