package verify

import "github.com/mixconv/mixconv/runtime"

// CompareAll compares values without a model.
func CompareAll(got, want runtime.Tensors) *Comparison {
	v := &values{outputs: map[string]bool{}, tensors: got}
	for name := range got {
		v.order = append(v.order, name)
	}
	return compareAll("test", v, answer{values: want}, Options{Tolerance: DefaultTolerance, Layers: true})
}

// LibraryName is what timm or torchvision calls a network.
var LibraryName = libraryName
