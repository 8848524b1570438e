package graphtest

import (
	"context"
	"fmt"
	"slices"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/runtime/internal/graph"
)

// exact are the passes behind which the reference engine computes the same bits: they
// move values, or write the same roundings in other nodes.
var exact = []string{"identity", "integers", "transpose", "pad", "upconv", "splits", "mixed", "lines", "residual", "activation"}

// rounding is what passes that multiply constants together or replace formulas may
// change, relative to the largest value: eight times what rounding to float32 takes, as
// such a pass moves two to four roundings of values that are then summed up. The most
// that any test showed is two times that.
const rounding = 0x1p-21

// Allowed is what a pass may change results by.
func Allowed(pass string) Tolerance {
	switch {
	case slices.Contains(exact, pass):
		return Tolerance{}
	case pass == "integerconvs":
		return Tolerance{Steps: 1} // a Conv of dequantised values is rounded otherwise before it is quantised
	}
	return Tolerance{Relative: rounding}
}

// Watch runs a pass on g and checks g behind it and, if it is small, what it computes. It
// is what pass.Watch is in tests.
func Watch(name string, g *graph.Graph, run func() (bool, error)) (bool, error) {
	before, err := g.Clone(limit.NewLoad(context.Background(), limit.Limits{}))
	if err != nil {
		return false, err
	}
	changed, err := run()
	if err != nil || !changed {
		return changed, err
	}
	g.Sweep()
	if err := Check(g); err != nil {
		return true, fmt.Errorf("the graph behind it: %w", err)
	}
	if name == "integerconvs" { // a step of one value is many of those behind it
		return true, nil
	}
	_, err = Same(before, g, Allowed(name))
	return true, err
}
