package main

import (
	"context"
	"fmt"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/tf"
	"github.com/mixconv/mixconv/convert/torch"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/diff"
	"github.com/mixconv/mixconv/internal/filetype"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/verify"
	"github.com/spf13/cobra"
)

func (a *app) diffCommand() *cobra.Command {
	var flags engineFlags
	var input, html string
	var o verify.Options
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "say how two models, or two files of weights, differ",
		Long: "Say how two files differ: ONNX models, weights of TensorFlow or PyTorch, arrays of\n" +
			"NumPy. Of two ONNX models: nodes, attributes, inputs, outputs, opsets and metadata;\n" +
			"weights; and what they compute of the same input, --input or random. Of any other\n" +
			"two files: tensors of one name.\n\n" +
			"Weights and outputs are the same if max|a-b| <= atol + rtol * max|b|: by default if\n" +
			"they are equal. Exit code 0: the same, 1: different.",
		Args: twoArguments,
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if o.Session, err = flags.options(); err != nil {
				return err
			}
			return a.diff(cmd.Context(), args, input, html, o)
		},
	}
	flags.register(cmd)
	f := cmd.Flags()
	f.StringVar(&input, "input", "", "the .npz or .npy with the input of two ONNX models, - for stdin")
	f.Uint64Var(&o.Seed, "seed", 1, "of random input")
	f.Float64Var(&o.Tolerance.Abs, "atol", 0, "absolute tolerance")
	f.Float64Var(&o.Tolerance.Rel, "rtol", 0, "tolerance relative to the largest value in B")
	f.StringVar(&html, "html", "", "write the result as a web page too")
	return cmd
}

func (a *app) diff(ctx context.Context, paths []string, input, html string, o verify.Options) error {
	if err := checkTolerance(o.Tolerance); err != nil {
		return err
	}
	if err := oneStdin(paths[0], paths[1], input); err != nil {
		return err
	}
	if html == dash {
		return fmt.Errorf("--html writes a file: stdout has the result")
	}
	var sides [2]*diff.Side
	for i, path := range paths {
		side, err := a.side(path)
		if err != nil {
			return err
		}
		sides[i] = side
	}
	o.Session.Context = ctx
	if input != "" {
		if sides[0].Model == nil || sides[1].Model == nil {
			return fmt.Errorf("--input: allowed for two ONNX models, which alone are run")
		}
		var err error
		if o.Input, err = a.readArrays(input, "input"); err != nil {
			return err
		}
	}
	if html != "" {
		if err := a.checkOutput(html); err != nil {
			return err
		}
	}
	result, err := diff.Compare(ctx, sides[0], sides[1], o)
	if err != nil {
		return err
	}
	if html != "" {
		if err := a.writePage(ctx, html, "mixconv diff "+paths[0]+" "+paths[1], result.WriteHTML); err != nil {
			return err
		}
	}
	if err := a.print(result, result.WriteText); err != nil {
		return err
	}
	if !result.Same {
		return &exitError{exitDifferent, fmt.Errorf("%s differs from %s", errs.Quote(paths[0]), errs.Quote(paths[1]))}
	}
	return nil
}

// side reads a file by its content, as inspect does.
func (a *app) side(path string) (*diff.Side, error) {
	t, err := a.typeOf(path)
	if err != nil {
		return nil, err
	}
	s := &diff.Side{Path: path}
	switch t.Kind {
	case filetype.Npy, filetype.Npz:
		arrays, err := a.readArrays(path, "")
		for name, t := range arrays {
			s.Weights = append(s.Weights, diff.TensorWeight(name, t))
		}
		return s, err
	}
	switch readerOf(path, t) {
	case readsTorch:
		c, err := torch.Read(path, convert.Options{})
		if err != nil {
			return nil, err
		}
		a.read = append(a.read, c.Files...)
		for _, t := range c.Tensors {
			s.Weights = append(s.Weights, diff.TensorWeight(t.Name, t.Tensor))
		}
		return s, nil
	case readsTensorFlow:
		list, files, err := tf.ReadTensors(path, limit.Limits{})
		a.read = append(a.read, files...)
		for _, t := range list {
			w := diff.Weight{Name: t.Name, DType: t.Type, Shape: t.Shape}
			if t.Value != nil {
				w = diff.TensorWeight(t.Name, t.Value)
			}
			s.Weights = append(s.Weights, w)
		}
		return s, err
	}
	if s.Model, err = a.readModel(path); err != nil {
		return nil, err
	}
	if err := checked(s.Model); err != nil {
		return nil, err
	}
	s.Weights = diff.ModelWeights(s.Model)
	return s, nil
}
