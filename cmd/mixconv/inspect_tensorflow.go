package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/tf"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/tensor"
)

// checkpointFile is what inspect prints of what TensorFlow stored. The fields
// of the network are null where the tensors are not those of a network known
// here; Problem then says why.
type checkpointFile struct {
	File            string   `json:"file"`
	Format          string   `json:"format"`
	Tensors         []array  `json:"tensors"`
	Params          int64    `json:"params"` // elements of all float tensors
	Network         *string  `json:"network"`
	Classes         *int     `json:"classes"`
	DepthMultiplier *float64 `json:"depth_multiplier"`
	Averages        *bool    `json:"averages"` // used by a conversion with --ema auto
	TrainedParams   *int64   `json:"trained_params"`
	SHA256          *string  `json:"sha256"`
	Problem         string   `json:"problem,omitempty"`
	blocks          []convert.Block
}

// inspectTensorFlow lists the tensors even of what cannot be converted. That
// they are not those of a network known here is no failure, anything else is.
func (a *app) inspectTensorFlow(path string) error {
	tensors, err := tf.ListTensors(path, limit.Limits{})
	if err != nil {
		return err
	}
	f := checkpointFile{File: path, Format: "tensorflow", Tensors: []array{}}
	for _, t := range tensors {
		f.Tensors = append(f.Tensors, array{t.Name, t.Type, dims(t.Shape)})
	}
	f.Params = floatElements(f.Tensors)
	source, loadErr := tf.Load(path, convert.Options{})
	if loadErr != nil {
		f.Problem = loadErr.Error()
	} else {
		n := source.Network
		if n.DepthMultiplier == 0 {
			n.DepthMultiplier = 1
		}
		f.Network, f.Classes, f.DepthMultiplier, f.blocks = &n.Name, &n.Classes, &n.DepthMultiplier, n.Blocks
		trained := source.Network.TrainedParams()
		f.Averages, f.TrainedParams, f.SHA256 = &source.Averages, &trained, &source.SHA256
	}
	if err := a.print(f, f.text); err != nil {
		return err
	}
	if e := (*tf.NoNetworkError)(nil); errors.As(loadErr, &e) {
		return nil
	}
	return loadErr
}

func (f checkpointFile) text(w io.Writer) {
	fmt.Fprintf(w, "%s: %d tensors, %s float elements\n", errs.Quote(f.File), len(f.Tensors), thousands(f.Params))
	if f.Network == nil {
		fmt.Fprintf(w, "network         unknown: %s\n", f.Problem)
		for _, t := range f.Tensors {
			fmt.Fprintf(w, "  %s %s %s\n", errs.Quote(t.Name), t.DType, tensor.Shape(t.Shape))
		}
		return
	}
	weights := "raw variables"
	if *f.Averages {
		weights = "moving averages"
	}
	fmt.Fprintf(w, "network         %s, depth multiplier %g, %d classes, %s\n", *f.Network, *f.DepthMultiplier, *f.Classes, weights)
	fmt.Fprintf(w, "trained         %s parameters\n", thousands(*f.TrainedParams))
	fmt.Fprintf(w, "sha256          %s\n", *f.SHA256)
	for _, b := range f.blocks {
		fmt.Fprintf(w, "  %s\n", b)
	}
}
