package onnxgo

import (
	"context"
	"fmt"
	"slices"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/runtime"
	"gorgonia.org/tensor"
)

// Run computes the outputs of what was set as inputs. The first run makes a
// session; so does one after an input was set that had not been before, or to
// another type or rank.
func (g *Graph) Run() error { return g.RunContext(context.Background()) }

// RunContext is Run that ends when the context does.
func (g *Graph) RunContext(ctx context.Context) error {
	if len(g.operations) == 0 {
		return fmt.Errorf("the graph is empty: Model.UnmarshalBinary fills it")
	}
	in, err := g.inputs()
	if err != nil {
		return err
	}
	if g.run == nil || !g.run.takes(in) {
		session, err := g.session(in)
		if err != nil {
			return err
		}
		g.run = &running{session: session, wanted: g.outputs()}
	}
	r := g.run
	r.in, r.out = nil, map[string]tensor.Tensor{}
	if err := r.compute(ctx, in, r.wanted...); err != nil {
		return err
	}
	r.in = in
	return nil
}

// compute adds to what the run has computed.
func (r *running) compute(ctx context.Context, in runtime.Tensors, names ...string) error {
	out, err := r.session.Run(ctx, in, names...)
	if err != nil {
		return err
	}
	for name, t := range out {
		if r.out[name], err = toGorgonia(t); err != nil {
			return fmt.Errorf("value %s: %w", errs.Quote(name), err)
		}
	}
	return nil
}

// takes reports whether the session was made for inputs of these types and ranks.
func (r *running) takes(in runtime.Tensors) bool {
	for _, v := range r.session.Inputs() {
		if t := in[v.Name]; t == nil || t.DType != v.DType || len(t.Shape) != len(v.Shape) {
			return false
		}
	}
	return true
}

// inputs copies what was set.
func (g *Graph) inputs() (runtime.Tensors, error) {
	in := runtime.Tensors{}
	for _, op := range g.operations {
		for _, v := range op.operands() {
			if v.op != nil || !v.fed || in[v.name] != nil {
				continue
			}
			t, err := fromGorgonia(v.held)
			if err != nil {
				return nil, fmt.Errorf("input %s: %w", errs.Quote(v.name), err)
			}
			in[v.name] = t
		}
	}
	return in, nil
}

// outputs are the values that each run computes: those that nothing else is
// computed of and that the file declares, or all such if it declares none.
func (g *Graph) outputs() []string {
	read := map[*value]bool{}
	for _, op := range g.operations {
		for _, v := range op.operands() {
			read[v] = true
		}
	}
	var declared, all []string
	for _, op := range g.operations {
		for _, v := range op.out {
			if v.name == "" || read[v] {
				continue
			}
			all = append(all, v.name)
			if v.held != nil {
				declared = append(declared, v.name)
			}
		}
	}
	if len(declared) > 0 {
		return declared
	}
	return all
}

// computed returns a value of the last run. One that was not computed then is
// computed now, and in every run from now on.
func (g *Graph) computed(v *value) tensor.Tensor {
	r := g.run
	if r.in == nil {
		return v.held // the last run has failed
	}
	if r.out[v.name] == nil {
		if !slices.Contains(r.wanted, v.name) {
			r.wanted = append(r.wanted, v.name)
		}
		if r.compute(context.Background(), r.in, v.name) != nil {
			return nil
		}
	}
	return r.out[v.name]
}
