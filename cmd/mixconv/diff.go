package main

import (
	"context"
	"fmt"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/diff"
	"github.com/mixconv/mixconv/verify"
	"github.com/spf13/cobra"
)

func (a *app) diffCommand() *cobra.Command {
	var flags engineFlags
	var input, html, archFile string
	var o verify.Options
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "say how two models, or two files of weights, differ",
		Long: "Say how two files differ: ONNX models, weights of TensorFlow or PyTorch, arrays of\n" +
			"NumPy. Of two ONNX models: nodes, attributes, inputs, outputs, opsets and metadata;\n" +
			"weights; and what they compute of the same input, --input or random. Of any other\n" +
			"two files: tensors of one name.\n\n" +
			"Weights beside an ONNX model are converted first, as the model's metadata and its\n" +
			"graph say that it was: the same averages, form, opset and sizes, batch norms folded\n" +
			"or not. So are TensorFlow's weights beside PyTorch's. What cannot be converted is\n" +
			"compared by names, and a line says why.\n\n" +
			"Weights and outputs are the same if max|a-b| <= atol + rtol * max|b|: by default if\n" +
			"they are equal. Exit code 0: the same, 1: different.",
		Args: twoArguments,
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if o.Session, err = flags.options(); err != nil {
				return err
			}
			var network *convert.Network
			if archFile != "" {
				if network, err = a.readArch(archFile); err != nil {
					return err
				}
			}
			return a.diff(cmd.Context(), args, network, input, html, o)
		},
	}
	flags.register(cmd)
	f := cmd.Flags()
	f.StringVar(&input, "input", "", "the .npz or .npy with the input of the models, - for stdin")
	f.Uint64Var(&o.Seed, "seed", 1, "of random input")
	f.Float64Var(&o.Tolerance.Abs, "atol", 0, "absolute tolerance")
	f.Float64Var(&o.Tolerance.Rel, "rtol", 0, "tolerance relative to the largest value in B")
	f.StringVar(&archFile, "arch-file", "", "the network of weights that are converted, as text, if it is one of your own")
	f.StringVar(&html, "html", "", "write the result as a web page too")
	return cmd
}

func (a *app) diff(ctx context.Context, paths []string, network *convert.Network, input, html string, o verify.Options) error {
	if err := checkTolerance(o.Tolerance); err != nil {
		return err
	}
	if err := oneStdin(paths[0], paths[1], input); err != nil {
		return err
	}
	if html == dash {
		return fmt.Errorf("--html writes a file: stdout has the result")
	}
	sides, err := a.sides(paths, network)
	if err != nil {
		return err
	}
	o.Session.Context = ctx
	if input != "" {
		if sides[0].Model == nil || sides[1].Model == nil {
			return fmt.Errorf("--input: allowed for two models; %s is compared as weights", errs.Quote(paths[weightsAt(sides)]))
		}
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
