package convert

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx/mdconv"
)

// Form is how the mixed depthwise convolutions are written.
type Form string

// The two forms.
const (
	Split Form = "split" // Split, one depthwise Conv per kernel size, Concat
	Fused Form = "fused" // one MDConv node, with its function's body in the file
)

// The opsets that are written.
const (
	MinOpset     = mdconv.MinOpset
	MaxOpset     = mdconv.MaxOpset
	DefaultOpset = 17
)

// Dynamic leaves a size open until a run.
const Dynamic = -1

// maxImage bounds the image size. It keeps every size computed from it small.
const maxImage = 1 << 14

// Options say which weights a conversion reads and what it writes. The zero value
// finds the network by itself, uses averages where there are some, and writes split
// form, dynamic batch, opset 17, batch norms folded.
type Options struct {
	// What tf.Load and torch.Load read.

	Model  string       // the network's name; "" or "auto": what the file says, or what fits
	EMA    string       // exponential moving averages: "auto" (or ""): where there are some; "on": they must be there; "off": never
	Limits limit.Limits // on what a file may ask for

	// What torch.Load alone looks at.

	Network    *Network // one's own, in place of Model; Classes is read from the weights
	Key        string   // of the dictionary with the weights, such as "state_dict"; keys of nested ones have points between; "": the one that fits
	Prefix     string   // of the weights' names, such as "model."; other tensors are left out; "": one that all have
	Epsilon    float32  // of the batch norms; 0: the network's own
	IgnoreArch bool     // Model is taken though the file names another network with the same tensors, which computes otherwise

	// What Lower writes.

	MDConv    Form     // Split or Fused; "" is Split
	ImageSize int      // height and width, or Dynamic; 0 is what the source says or the network is trained with, else 224
	Batch     int      // pictures a run; 0 and Dynamic leave it open
	Opset     int      // MinOpset to MaxOpset; 0 is DefaultOpset
	KeepBN    bool     // keep batch norms as nodes instead of folding them
	Features  bool     // the blocks' last values at strides 4 to 32 as outputs, in place of logits
	Labels    []string // names of the classes to store in the model

	// Metadata is added to what the model says of itself, by the keys of package
	// metadata; a value of "" leaves a key out. Source.Convert says when the model says
	// how pictures are prepared.
	Metadata map[string]string
}

// ForReading returns o with defaults for what is read, or an error about it.
func (o Options) ForReading() (Options, error) {
	o.Limits = o.Limits.OrDefault()
	o.EMA = cmp.Or(o.EMA, "auto")
	if o.EMA != "auto" && o.EMA != "on" && o.EMA != "off" {
		return o, fmt.Errorf("averages: %s, allowed auto, on and off", errs.Quote(o.EMA))
	}
	return o, nil
}

// forWriting returns o with defaults for how n is written, or an error about it.
func (o Options) forWriting(n Network) (Options, error) {
	o.MDConv = cmp.Or(o.MDConv, Split)
	o.ImageSize = cmp.Or(o.ImageSize, n.Preprocessing.Size, officialSize)
	o.Opset = cmp.Or(o.Opset, DefaultOpset)
	if o.MDConv != Split && o.MDConv != Fused {
		return o, fmt.Errorf("mdconv form %s: unknown, allowed %s, %s", errs.Quote(string(o.MDConv)), Split, Fused)
	}
	for _, f := range []struct {
		name               string
		value, least, most int
	}{
		{"image size", known(o.ImageSize), 0, maxImage},
		{"batch", known(o.Batch), 0, 1 << 20},
		{"opset", o.Opset, MinOpset, MaxOpset},
	} {
		if f.value < f.least || f.value > f.most {
			return o, fmt.Errorf("%s %d: allowed %d to %d", f.name, f.value, f.least, f.most)
		}
	}
	return o, o.checkLabels(n)
}

// known is a size, 0 if it is left open.
func known(size int) int {
	if size == Dynamic {
		return 0
	}
	return size
}

func (o Options) checkLabels(n Network) error {
	if len(o.Labels) > 0 && len(o.Labels) != n.Classes {
		return fmt.Errorf("%d labels, the network has %d classes", len(o.Labels), n.Classes)
	}
	if i := slices.IndexFunc(o.Labels, func(label string) bool { return strings.Contains(label, "\n") }); i >= 0 {
		return fmt.Errorf("label %d is %s, allowed is one line", i, errs.Quote(o.Labels[i]))
	}
	return nil
}
