package verify

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/runtime"
)

// checkTensors refuses arrays that are not what tensor.Tensor says.
func checkTensors(of string, arrays runtime.Tensors) error {
	for _, name := range slices.Sorted(maps.Keys(arrays)) {
		if err := arrays[name].Check(); err != nil {
			return fmt.Errorf("%s: array %s: %w", errs.Quote(of), errs.Quote(name), err)
		}
	}
	return nil
}

// checkGiven refuses an input that was given beside one that the reference has
// recorded, unless they are the same: only one of them can be run on.
func checkGiven(r Reference, own, given runtime.Tensors) error {
	for name, t := range own {
		if g := given[name]; g != nil && !reflect.DeepEqual(t, g) {
			return fmt.Errorf("%s has an input %s %s %s of its own, another one (%s %s) is given; allowed is one of them",
				errs.Quote(r.Name()), errs.Quote(name), t.DType, t.Shape, g.DType, g.Shape)
		}
	}
	return nil
}

// checkComplete refuses recorded outputs of fewer pictures than the input
// recorded with them: whoever wrote the file lost some. Values inside a model
// are often recorded for the first pictures only.
func checkComplete(r Reference, own runtime.Tensors, got *values, ref answer) error {
	if !r.recorded() || own == nil {
		return nil
	}
	p := new(Comparison).pair(got, ref.values)
	for _, name := range p.names {
		ours, theirs := got.shape(name), ref.values.shape(p.theirs[name])
		if got.outputs[name] && len(ours) > 1 && len(theirs) == len(ours) && 0 < theirs[0] && theirs[0] < ours[0] {
			return fmt.Errorf("%s has output %s %s, the model's for the input recorded with it is %s",
				errs.Quote(r.Name()), errs.Quote(name), theirs, ours)
		}
	}
	return nil
}
