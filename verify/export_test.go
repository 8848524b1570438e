package verify

import (
	"context"

	"github.com/mixconv/mixconv/runtime"
)

// CompareAll compares values without a model.
func CompareAll(got, want runtime.Tensors) *Comparison {
	v := &values{outputs: map[string]bool{}, tensors: got}
	for name := range got {
		v.order = append(v.order, name)
	}
	c, err := compareAll(context.Background(), "test", v, answer{values: &values{tensors: want}}, Options{Tolerance: DefaultTolerance, Layers: true})
	if err != nil {
		panic(err) // nothing is computed
	}
	return c
}

// LibraryName is what timm or torchvision calls a network.
var LibraryName = libraryName

// SetMaxGroup lets at most so many bytes of values be compared at a time.
func SetMaxGroup(bytes int64) (reset func()) {
	old := maxGroup
	maxGroup = bytes
	return func() { maxGroup = old }
}

// InGroups cuts names into groups of values.
var InGroups = inGroups
