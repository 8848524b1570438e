// Package preparation is the flags of commands that prepare pictures otherwise than a model
// says.
package preparation

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/metadata"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/preprocess"
	"github.com/spf13/pflag"
)

// Flags are what the flags say.
type Flags struct {
	Kind string // auto, torch or tensorflow
	Size int    // height and width; 0: what the model says

	parts map[string]*string // by key of the metadata
}

// Register adds the flags.
func (f *Flags) Register(flags *pflag.FlagSet) {
	flags.StringVar(&f.Kind, "preprocess", "auto", "how pictures are prepared: auto (as the model says), torch or tensorflow (as most networks of ImageNet)")
	flags.IntVar(&f.Size, "image-size", 0, "height and width of the network's input (default what the model says)")
	f.parts = map[string]*string{
		metadata.PreprocessCrop:          flags.String("crop", "", "the part of a picture's shorter side that is kept, such as 0.875"),
		metadata.PreprocessInterpolation: flags.String("interpolation", "", "how pictures are resized, such as bicubic"),
		metadata.PreprocessMean:          flags.String("mean", "", "what is subtracted from red, green and blue, such as 0.485,0.456,0.406"),
		metadata.PreprocessStd:           flags.String("std", "", "what they are divided by, such as 0.229,0.224,0.225"),
	}
}

// Given reports whether any of the flags says something.
func (f *Flags) Given() bool {
	for _, part := range f.parts {
		if *part != "" {
			return true
		}
	}
	return f.Kind != "auto" || f.Size != 0
}

// Config is what the flags and the model's metadata say together; a flag goes
// before the metadata.
func (f *Flags) Config(m *onnx.Model) (*preprocess.Config, error) {
	lookup, err := f.base(m)
	if err != nil {
		return nil, err
	}
	c, err := preprocess.FromMetadata(func(key string) (string, bool) {
		if flag := f.parts[key]; flag != nil && *flag != "" {
			return *flag, true
		}
		if key == metadata.PreprocessSize && f.Size != 0 {
			return strconv.Itoa(f.Size), true
		}
		return lookup(key)
	})
	return &c, f.explain(m, err)
}

// explain says of an error of preprocessing which flag is wrong or, if the model is, which
// flag may take its place.
func (f *Flags) explain(m *onnx.Model, err error) error {
	wrong := (*errs.FormatError)(nil)
	if !errors.As(err, &wrong) {
		return errs.InFile(m.Name(), err)
	}
	field := wrong.Field[strings.LastIndexAny(wrong.Field, ". ")+1:]
	if f.Size != 0 && field == Field(metadata.PreprocessSize) {
		return fmt.Errorf("--image-size: %s", wrong.Msg)
	}
	for key, flag := range f.parts {
		if Field(key) != field {
			continue
		}
		if *flag != "" {
			return fmt.Errorf("--%s: %s", field, wrong.Msg)
		}
		told := *wrong
		told.Msg += "; give --" + field
		wrong = &told
	}
	return errs.InFile(m.Name(), wrong)
}

// base is what is said without the flags for single parts: by the model, or by
// ImageNet's preprocessing if --preprocess names another kind than the model.
func (f *Flags) base(m *onnx.Model) (lookup func(key string) (string, bool), err error) {
	told, known := m.Metadata(metadata.PreprocessKind)
	switch {
	case f.Kind != "auto" && f.Kind != string(preprocess.Torch) && f.Kind != string(preprocess.TensorFlow):
		return nil, fmt.Errorf("--preprocess %s: allowed auto, torch, tensorflow", errs.Quote(f.Kind))
	case f.Kind == "auto" && !known:
		return nil, fmt.Errorf("%s does not say how its pictures are prepared: give --preprocess torch or tensorflow", errs.Quote(m.Name()))
	case f.Kind == "auto" || f.Kind == told:
		return m.Metadata, nil
	}
	size := cmp.Or(f.Size, InputSize(m))
	if size == 0 {
		return nil, fmt.Errorf("%s takes pictures of any size: give --image-size", errs.Quote(m.Name()))
	}
	values := preprocess.ImageNet(preprocess.Kind(f.Kind), size).Metadata()
	return func(key string) (string, bool) { v, ok := values[key]; return v, ok }, nil
}

// InputSize is the height and width that m's first input is declared with, 0 if
// they are open or differ.
func InputSize(m *onnx.Model) int {
	for _, in := range m.Proto.GetGraph().GetInput() {
		dims := in.GetType().GetTensorType().GetShape().GetDim()
		if len(dims) != 4 {
			continue
		}
		height, width := dims[2].GetDimValue(), dims[3].GetDimValue()
		if width == 3 { // channels last
			height, width = dims[1].GetDimValue(), dims[2].GetDimValue()
		}
		if height == width && height > 0 && height <= preprocess.MaxSize {
			return int(height)
		}
	}
	return 0
}

// Field is a key of metadata.Preprocess without what all of them begin with.
func Field(key string) string { return strings.TrimPrefix(key, "mixconv.preprocess.") }
