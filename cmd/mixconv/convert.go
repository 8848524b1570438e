package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/metadata"
	"github.com/mixconv/mixconv/preprocess"
	"github.com/mixconv/mixconv/runtime"
	"github.com/spf13/cobra"
)

// conversionFlags are the flags of every command that converts.
type conversionFlags struct {
	output, mdconv, imageSize, batch, labels string
	model, ema                               string
	opset                                    int
	foldBN                                   bool
	prepare                                  map[string]*string // how pictures are prepared, by key of the metadata
}

// register adds the flags; models are the names that --model takes beside auto.
func (f *conversionFlags) register(cmd *cobra.Command, models []string) {
	flags := cmd.Flags()
	flags.StringVar(&f.model, "model", "auto", "auto, "+strings.Join(models, ", "))
	flags.StringVar(&f.ema, "ema", "auto", "exponential moving averages: auto (if there are any), on or off")
	flags.StringVarP(&f.output, "output", "o", "", "the ONNX file to write, - for stdout")
	flags.StringVar(&f.mdconv, "mdconv", "split", "form of mixed depthwise convolutions: split or fused")
	flags.StringVar(&f.imageSize, "image-size", "", "height and width, or dynamic (default what the source says, else 224)")
	flags.StringVar(&f.batch, "batch", "dynamic", "pictures a run, or dynamic")
	flags.IntVar(&f.opset, "opset", convert.DefaultOpset, fmt.Sprintf("ONNX opset, %d to %d", convert.MinOpset, convert.MaxOpset))
	flags.BoolVar(&f.foldBN, "fold-bn", true, "fold batch norms into convolutions")
	flags.StringVar(&f.labels, "labels", "", "class names, stored in the model: a text file with one a line, or JSON")
	f.prepare = map[string]*string{
		metadata.PreprocessCrop:          flags.String("crop", "", "stored in the model: the part of a picture's shorter side that is kept, such as 0.875"),
		metadata.PreprocessInterpolation: flags.String("interpolation", "", "stored in the model: how pictures are resized, such as bicubic"),
		metadata.PreprocessMean:          flags.String("mean", "", "stored in the model: what is subtracted from red, green and blue, such as 0.485,0.456,0.406"),
		metadata.PreprocessStd:           flags.String("std", "", "stored in the model: what they are divided by, such as 0.229,0.224,0.225"),
	}
	cmd.MarkFlagRequired("output")
}

func (f *conversionFlags) options(a *app) (o convert.Options, err error) {
	o = convert.Options{Model: f.model, EMA: f.ema, MDConv: convert.Form(f.mdconv), Opset: f.opset, KeepBN: !f.foldBN, Metadata: map[string]string{}}
	if f.mdconv != "split" && f.mdconv != "fused" {
		return o, allowed("--mdconv", f.mdconv, "split", "fused")
	}
	if f.ema != "auto" && f.ema != "on" && f.ema != "off" {
		return o, allowed("--ema", f.ema, "auto", "on", "off")
	}
	if o.ImageSize, err = sizeOrDynamic("image-size", f.imageSize); err != nil {
		return o, err
	}
	if o.Batch, err = sizeOrDynamic("batch", f.batch); err != nil {
		return o, err
	}
	for key, value := range f.prepare {
		if *value != "" {
			o.Metadata[key] = *value
		}
	}
	if f.labels != "" {
		if err := noStdin("--labels", f.labels); err != nil {
			return o, err
		}
		a.read = append(a.read, f.labels)
		o.Labels, err = preprocess.ReadLabels(f.labels, limit.Limits{})
	}
	return o, err
}

// sizeOrDynamic parses a positive number or the word dynamic; "" is 0.
func sizeOrDynamic(flag, s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	if s == "dynamic" {
		return convert.Dynamic, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("--%s %s: allowed a number from 1 or dynamic", flag, errs.Quote(s))
	}
	return n, nil
}

// conversion is what a converting command reports.
type conversion struct {
	Output        string `json:"output"`
	Model         string `json:"model"`
	MDConv        string `json:"mdconv"`
	NamedBy       string `json:"named_by,omitempty"` // of PyTorch's: what says which network it is
	Averages      bool   `json:"averages"`
	Key           string `json:"key,omitempty"`    // of the dictionary with the weights, in a trainer's checkpoint
	Prefix        string `json:"prefix,omitempty"` // of their names
	Params        int64  `json:"params"`
	TrainedParams *int64 `json:"trained_params"`
	MACs          *int64 `json:"macs"` // null if the image size is open
	Bytes         int    `json:"bytes"`
	stored

	Notes []string `json:"notes,omitempty"`
}

// converter is tf.Convert or torch.Convert.
type converter func(source string, o convert.Options) (*convert.Converted, error)

// convert runs a converting command: nothing is written unless all went well.
func (a *app) convert(ctx context.Context, read converter, source, output string, o convert.Options) error {
	if err := noStdin("weights", source); err != nil {
		return err
	}
	if output == dash && a.json {
		return fmt.Errorf("--json and -o -: both go to stdout")
	}
	if err := a.checkOutput(output); err != nil {
		return err
	}
	m, err := read(source, o)
	if err != nil {
		return err
	}
	a.read = append(a.read, m.Files...)
	data, err := m.Encode()
	if err != nil {
		return err
	}
	result, err := describeConversion(ctx, m, o, output, len(data))
	if err != nil {
		return err
	}
	if err := a.writeBytes(ctx, output, data); err != nil || output == dash {
		return err
	}
	return a.print(result, func(w io.Writer) {
		fmt.Fprintf(w, "%s: %s from %s, MDConv %s, %s parameters, %s, %s bytes\n", errs.Quote(output),
			result.Model, weightsOf(m), result.MDConv, thousands(result.Params), multiplyAdds(result.MACs), thousands(int64(len(data))))
		if m.NamedBy != "" {
			fmt.Fprintf(w, "%s is named by %s\n", result.Model, m.NamedBy)
		}
		for _, note := range m.Notes {
			fmt.Fprintf(w, "note: %s\n", note)
		}
		result.stored.text(w)
	})
}

// weightsOf says which weights went into a model.
func weightsOf(m *convert.Converted) string {
	weights := "raw variables"
	switch {
	case len(m.Files) == 0:
		return "random weights"
	case m.Averages:
		weights = "moving averages"
	}
	if m.Key != "" {
		weights += " under key " + errs.Quote(m.Key)
	}
	if m.Prefix != "" {
		weights += " behind prefix " + errs.Quote(m.Prefix)
	}
	return weights
}

func describeConversion(ctx context.Context, m *convert.Converted, o convert.Options, output string, size int) (*conversion, error) {
	s, err := runtime.Survey(m.Model, runtime.Options{Context: ctx})
	if err != nil {
		return nil, err
	}
	return &conversion{
		Output: output, Model: m.Network.Name, MDConv: string(o.MDConv), Averages: m.Averages,
		NamedBy: m.NamedBy, Key: m.Key, Prefix: m.Prefix, Notes: m.Notes,
		Params: s.Params, TrainedParams: trainedParams(m.Model), MACs: positive(s.MACs), Bytes: size,
		stored: describeStored(m, s.Inputs),
	}, nil
}
