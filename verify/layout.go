package verify

import (
	"context"
	"strings"

	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
)

// layout says where a recorded picture has its channels, compared with the
// model's value of the same name.
type layout int

const (
	unknown layout = iota // no array tells
	same
	moved // NHWC where the model has NCHW, or the reverse
	mixed // some arrays the one, some the other
)

// pairs are the values that a model and a reference both have, by the model's names.
type pairs struct {
	names     []string
	theirs    map[string]string // the reference's names for them
	got, want *values
}

// bytes estimates the memory that computing a value takes, on the side that takes more.
func (p pairs) bytes(name string) int64 {
	return max(p.got.bytes(name), p.want.bytes(p.theirs[name]))
}

// get returns some of the values, those of the reference by its own names.
func (p pairs) get(ctx context.Context, names []string) (ours, theirs runtime.Tensors, err error) {
	if ours, err = p.got.get(ctx, names); err != nil {
		return nil, nil, err
	}
	var renamed []string
	for _, name := range names {
		renamed = append(renamed, p.theirs[name])
	}
	theirs, err = p.want.get(ctx, renamed)
	return ours, theirs, err
}

// fits reports whether a recorded shape is one that the model's declared or
// actual shape allows, the first dimension left open.
func fits(recorded, model tensor.Shape) bool {
	if model == nil {
		return true
	}
	if len(recorded) != len(model) {
		return false
	}
	for i := 1; i < len(model); i++ {
		if model[i] != tensor.Unknown && recorded[i] != tensor.Unknown && recorded[i] != model[i] {
			return false
		}
	}
	return true
}

// toNCHW and toNHWC are the orders of dimensions of Transpose.
var (
	toNCHW = [4]int{0, 3, 1, 2}
	toNHWC = [4]int{0, 2, 3, 1}
)

// moveTo returns the order in which recorded's dimensions must be taken to fit
// model, if there is one other than its own.
func moveTo(recorded, model tensor.Shape) (order [4]int, ok bool) {
	if len(recorded) != 4 {
		return order, false
	}
	for _, order := range [][4]int{toNCHW, toNHWC} {
		if fits(permute(recorded, order), model) {
			return order, true
		}
	}
	return order, false
}

// findLayout looks for arrays whose shape fits one way only.
func findLayout(p pairs) layout {
	found := unknown
	for _, name := range p.names {
		got, want := p.got.shape(name), p.want.shape(p.theirs[name])
		_, swap := moveTo(want, got)
		asIs := fits(want, got)
		l := unknown
		switch {
		case asIs && !swap && len(got) == 4:
			l = same
		case swap && !asIs:
			l = moved
		}
		if l != unknown && found != unknown && l != found {
			return mixed
		}
		if l != unknown {
			found = l
		}
	}
	return found
}

// arrange brings a recorded array into the model's layout. A shape that fits
// both ways is read as the rest of the file is (found); note says so where the
// rest does not tell.
func arrange(recorded *tensor.Tensor, model tensor.Shape, found layout) (t *tensor.Tensor, note string) {
	order, swap := moveTo(recorded.Shape, model)
	asIs := fits(recorded.Shape, model)
	switch {
	case swap && (!asIs || found == moved):
		return transpose(recorded, order), ""
	case swap && asIs && found != same:
		return recorded, "NCHW and NHWC both fit its shape, read as the model has it"
	}
	return recorded, ""
}

// plainName is a value's name without the output index that TensorFlow, and
// what tf2onnx writes, append to it.
func plainName(name string) string { return strings.TrimSuffix(name, ":0") }
