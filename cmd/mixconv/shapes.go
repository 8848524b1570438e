package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
	"github.com/spf13/cobra"
)

// sampleFlags say which inputs a model is timed or planned for.
type sampleFlags struct {
	shapes []string
	input  string
}

func (f *sampleFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.shapes, "shape", nil, "an input's shape, as NAME=1,3,480,640; repeatable")
	cmd.Flags().StringVar(&f.input, "input", "", "the .npz or .npy with the inputs to use, - for stdin")
	cmd.MarkFlagsMutuallyExclusive("shape", "input")
}

func (f *sampleFlags) given() bool { return len(f.shapes) > 0 || f.input != "" }

// parsed reads --shape. A name may contain anything, a scalar's shape is empty.
func (f *sampleFlags) parsed() (runtime.Shapes, error) {
	shapes := runtime.Shapes{}
	for _, text := range f.shapes {
		at := strings.LastIndexByte(text, '=')
		if at < 1 {
			return nil, fmt.Errorf("--shape %s: allowed is NAME=1,3,480,640", errs.Quote(text))
		}
		name, list := text[:at], text[at+1:]
		if _, twice := shapes[name]; twice {
			return nil, fmt.Errorf("--shape %s: given twice for this input", errs.Quote(name))
		}
		shape := tensor.Shape{}
		for part := range strings.SplitSeq(list, ",") {
			if list == "" {
				break
			}
			n, err := strconv.Atoi(strings.TrimSpace(part))
			if err != nil || n < 0 {
				return nil, fmt.Errorf("--shape %s: %s, allowed are sizes from 0, with commas between them", errs.Quote(text), errs.Quote(part))
			}
			shape = append(shape, n)
		}
		shapes[name] = shape
	}
	return shapes, nil
}

// sampleShapes are the shapes that the flags tell, and the arrays of --input; nil without it.
func (a *app) sampleShapes(s *runtime.Session, f *sampleFlags) (runtime.Shapes, runtime.Tensors, error) {
	shapes, err := f.parsed()
	if err != nil || f.input == "" {
		return shapes, nil, err
	}
	in, err := a.readInputs(f.input, s, new(running))
	for name, t := range in {
		shapes[name] = t.Shape
	}
	return shapes, in, err
}

// usualSizes are tried, one after the other, where a model leaves open what is not
// the batch.
var usualSizes = []int{224, 1}

// sample makes the inputs to time a model with, and what a first run of them gives,
// by try. Where flags do not give values they are random: of the shapes that
// the flags or the model tell, with batch for an open first dimension.
func (a *app) sample(ctx context.Context, s *runtime.Session, f *sampleFlags, batch int, try func(runtime.Tensors) error) (runtime.Tensors, error) {
	if f.input != "" {
		in, err := a.readInputs(f.input, s, new(running))
		if err != nil {
			return nil, err
		}
		return in, try(in)
	}
	shapes, err := f.parsed()
	if err != nil {
		return nil, err
	}
	var failed error
	for _, size := range usualSizes {
		in, guessed, err := randomInputs(s, shapes, batch, size)
		if err == nil {
			err = try(in)
		}
		if err == nil || !guessed || ctx.Err() != nil {
			return in, err
		}
		failed = errors.Join(failed, err)
	}
	return nil, openDimensions(s, shapes, failed)
}

// randomInputs are normally distributed values, and zeros for other types than
// floats. guessed says that a size other than the batch was made up.
func randomInputs(s *runtime.Session, shapes runtime.Shapes, batch, size int) (in runtime.Tensors, guessed bool, err error) {
	r := rand.New(rand.NewPCG(1, 2))
	in = runtime.Tensors{}
	all, guessed := s.Complete(shapes, batch, size)
	inputs := s.Inputs()
	list := slices.Concat(inputs, s.Defaults())
	for i, v := range list {
		shape, known := all[v.Name]
		_, given := shapes[v.Name]
		switch {
		case !given && i >= len(inputs): // it has a default
			continue
		case v.DType.IsSequence() || !known:
			return nil, false, fmt.Errorf("input %s: no values can be made for %s %s: give it with --shape or --input", errs.Quote(v.Name), v.DType, v.Shape)
		}
		if _, bytes, err := tensor.Size(v.DType, shape); err != nil || bytes > limit.Default().TensorBytes {
			return nil, false, fmt.Errorf("input %s would be %s %s, allowed at most %d bytes", errs.Quote(v.Name), v.DType, shape, limit.Default().TensorBytes)
		}
		in[v.Name] = randomTensor(r, v.DType, shape)
	}
	for name := range shapes {
		if in[name] == nil {
			return nil, false, fmt.Errorf("--shape %s: the model has no such input, it has %s", errs.Quote(name), inputNames(list))
		}
	}
	return in, guessed, nil
}

func inputNames(list []runtime.Value) string {
	var names []string
	for _, v := range list {
		names = append(names, errs.Quote(v.Name))
	}
	return strings.Join(names, ", ")
}

func randomTensor(r *rand.Rand, d tensor.DType, shape tensor.Shape) *tensor.Tensor {
	t := tensor.New(d, shape...)
	switch data := t.Data.(type) {
	case []float32:
		for i := range data {
			data[i] = float32(r.NormFloat64())
		}
	case []float64:
		for i := range data {
			data[i] = r.NormFloat64()
		}
	}
	return t
}

// openDimensions is the error for a model whose open dimensions take none of the
// usual sizes.
func openDimensions(s *runtime.Session, shapes runtime.Shapes, failed error) error {
	var open, flags []string
	for _, v := range s.Inputs() {
		if _, given := shapes[v.Name]; given || v.Shape.Known() {
			continue
		}
		open = append(open, v.String())
		sizes := make([]string, len(v.Shape))
		for i, d := range v.Shape {
			if d == tensor.Unknown {
				d = map[int]int{0: 1, len(v.Shape) - 1: 640}[i]
				if d == 0 {
					d = 480
				}
			}
			sizes[i] = strconv.Itoa(d)
		}
		flags = append(flags, fmt.Sprintf("--shape %s=%s", errs.Quote(v.Name), strings.Join(sizes, ",")))
	}
	if len(open) == 0 {
		return failed
	}
	reason, _, _ := strings.Cut(failed.Error(), "\n")
	return fmt.Errorf("open dimensions: %s; sizes of %d or %d do not fit (%s): give them, as in %s", strings.Join(open, ", "), usualSizes[0], usualSizes[1], reason, strings.Join(flags, " "))
}
