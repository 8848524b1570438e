package graphtest

import (
	"context"
	"fmt"
	"math"
	"reflect"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/tensor"
)

// mostCompared is how many elements the values of graphs that Same runs may have in all.
const mostCompared = 1 << 14

// Tolerance is by how much results may differ.
type Tolerance struct {
	Relative float64 // of floats: to the largest finite one that the graph before computes anywhere
	Steps    float64 // of integers
}

// Same runs two graphs of the same inputs and outputs on the reference engine, with
// inputs that are drawn, and says where the outputs differ by more than they may.
// Dimensions of inputs that are not known are 2. A graph that is too large for that, has
// inputs other than tensors, or fails to run before is not compared.
func Same(before, after *graph.Graph, tolerance Tolerance) (compared bool, err error) {
	want, largest, err := outputs(before, mostCompared)
	if err != nil {
		return false, nil
	}
	got, _, err := outputs(after, 4*mostCompared)
	if err != nil {
		return false, fmt.Errorf("the graph before runs, the one behind does not: %w", err)
	}
	for i, o := range before.Outputs {
		if err := differ(got[i], want[i], tolerance.Relative*largest, tolerance.Steps); err != nil {
			return true, fmt.Errorf("output %q: %w", o.Name, err)
		}
	}
	return true, nil
}

// outputs runs g, and returns the largest finite magnitude of a float that it computes.
func outputs(g *graph.Graph, most int) (out []*tensor.Tensor, largest float64, err error) {
	b := limit.NewLoad(context.Background(), limit.Limits{})
	if g, err = unfused(b, g); err != nil {
		return nil, 0, err
	}
	shapes := map[string]tensor.Shape{}
	for _, v := range g.Inputs {
		if !v.Type.Dense() || v.Type.Shape == nil {
			return nil, 0, fmt.Errorf("input %q is no tensor of a known rank", v.Name)
		}
		s := v.Type.Shape.Clone()
		for i, d := range s {
			if d == tensor.Unknown {
				s[i] = 2
			}
		}
		shapes[v.Name] = s
	}
	if err := g.Infer(b, shapes); err != nil {
		return nil, 0, err
	}
	if elements(g) > most {
		return nil, 0, fmt.Errorf("the graph is too large to be run")
	}
	in := make([]*tensor.Tensor, len(g.Inputs))
	for i, v := range g.Inputs {
		in[i] = drawn(ops.Type{DType: v.Type.DType, Shape: shapes[v.Name]}, -1-i)
	}
	results := len(g.Outputs)
	for _, n := range g.Nodes {
		for _, v := range n.Out {
			if v != nil && v.Type.DType == tensor.Float32 {
				g.Outputs = append(g.Outputs, graph.Output{Name: v.Name, Value: v})
			}
		}
	}
	out, err = g.Run(limit.NewLoad(context.Background(), limit.Limits{}), in)
	if err != nil {
		return nil, 0, err
	}
	for _, t := range out {
		largest = max(largest, magnitude(t))
	}
	return out[:results], largest, nil
}

// elements counts those of all values of g, too many where one has no known shape.
func elements(g *graph.Graph) (total int) {
	for _, v := range g.Inputs {
		total += v.Type.Shape.Elements()
	}
	for _, n := range g.Nodes {
		for _, v := range n.Out {
			if v == nil {
				continue
			}
			if !v.Type.Dense() || !v.Type.Shape.Known() {
				return math.MaxInt
			}
			total += v.Type.Shape.Elements()
		}
	}
	return total
}

func magnitude(t *tensor.Tensor) float64 {
	largest := 0.0
	if data, ok := t.Data.([]float32); ok {
		for _, v := range data {
			if x := math.Abs(float64(v)); !math.IsInf(x, 0) && x > largest {
				largest = x
			}
		}
	}
	return largest
}

// differ is nil if got is want, with floats that are as near and integers as many steps
// away.
func differ(got, want *tensor.Tensor, near, steps float64) error {
	if got.DType != want.DType || !got.Shape.Equal(want.Shape) {
		return fmt.Errorf("%s%s, want %s%s", got.DType, got.Shape, want.DType, want.Shape)
	}
	a, b := reflect.ValueOf(got.Data), reflect.ValueOf(want.Data)
	for i := range b.Len() {
		x, y := a.Index(i), b.Index(i)
		if x.Equal(y) || x.CanFloat() && (math.IsNaN(x.Float()) && math.IsNaN(y.Float()) || math.Abs(x.Float()-y.Float()) <= near) {
			continue
		}
		if x.CanInt() && math.Abs(float64(x.Int()-y.Int())) <= steps || x.CanUint() && math.Abs(float64(x.Uint())-float64(y.Uint())) <= steps {
			continue
		}
		return fmt.Errorf("element %d is %v, want %v, floats within %g", i, x, y, near)
	}
	return nil
}
