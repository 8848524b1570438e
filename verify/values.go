package verify

import (
	"context"
	"iter"
	"maps"
	"slices"

	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
)

// values are what one side has, by name. All values inside a large network together may
// not fit in memory, so a model here computes them a few at a time.
type values struct {
	order   []string // of a model: as it computes them, outputs last
	outputs map[string]bool
	tensors runtime.Tensors // those that are there

	declared map[string]runtime.Value // those that compute can make beside
	compute  func(ctx context.Context, names []string) (runtime.Tensors, error)
	sizes    tensor.Shape // of the input, in place of dimensions that are declared open
}

// names are of all values.
func (v *values) names() []string {
	names := slices.Collect(maps.Keys(v.tensors))
	return slices.AppendSeq(names, maps.Keys(v.declared))
}

// has reports whether a value of that name is there or may be computed.
func (v *values) has(name string) bool {
	_, ok := v.declared[name]
	return ok || v.tensors[name] != nil
}

// shape is the shape of a value that is there, else the declared one.
func (v *values) shape(name string) tensor.Shape {
	if t := v.tensors[name]; t != nil {
		return t.Shape
	}
	return v.declared[name].Shape
}

// bytes estimates how much memory computing a value takes: none if it is there.
func (v *values) bytes(name string) int64 {
	d, ok := v.declared[name]
	if !ok {
		return 0
	}
	shape := d.Shape.Clone()
	for i := range shape {
		if shape[i] == tensor.Unknown && i < len(v.sizes) {
			shape[i] = v.sizes[i]
		}
	}
	_, n, _ := tensor.Size(d.DType, shape) // 0 if it is wrong, which the run says
	return n
}

// get returns the values of these names; one that a run turned out not to have is nil.
func (v *values) get(ctx context.Context, names []string) (runtime.Tensors, error) {
	found := runtime.Tensors{}
	var missing []string
	for _, name := range names {
		if found[name] = v.tensors[name]; found[name] == nil {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return found, nil
	}
	more, err := v.compute(ctx, missing)
	if err != nil {
		return nil, err
	}
	for _, name := range missing {
		found[name] = more[name]
	}
	return found, nil
}

// maxGroup is how many bytes of values are compared at a time. Every group is a run
// from the network's beginning to its last value.
var maxGroup int64 = 256 << 20 // a test has less

// inGroups cuts names, in their order, into groups of values that take at most most bytes
// on the side that takes more; a larger value is a group of its own.
func inGroups(names []string, most int64, bytes func(name string) int64) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		start, sum := 0, int64(0)
		for i, name := range names {
			n := bytes(name)
			if sum += n; sum > most && i > start {
				if !yield(names[start:i]) {
					return
				}
				start, sum = i, n
			}
		}
		if start < len(names) {
			yield(names[start:])
		}
	}
}
