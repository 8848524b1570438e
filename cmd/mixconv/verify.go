package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/verify"
	"github.com/spf13/cobra"
)

func (a *app) verifyCommand() *cobra.Command {
	var flags engineFlags
	var refs []string
	var input, html string
	o := verify.Options{Tolerance: verify.DefaultTolerance}
	cmd := &cobra.Command{
		Use:   "verify M.onnx --ref REF…",
		Short: "compare what a model computes with a reference",
		Long: "Compare what a model computes with references, each of which must agree:\n\n" +
			"  npz:FILE   recorded arrays: the input, and outputs or any other values by their\n" +
			"             names. Pictures in NHWC are recognised by their shape\n" +
			"  onnx:FILE  another model on the same input\n" +
			"  forms      the other form of the model's mixed convolutions\n\n" +
			"An output passes if for every picture max|a-b| <= atol + rtol * max|ref|. A NaN,\n" +
			"or nothing to compare, never passes. onnx: and forms take their input from --input\n" +
			"or an npz: reference; without one, from a seeded random generator.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if o.Session, err = flags.options(); err != nil {
				return err
			}
			return a.verify(cmd.Context(), args[0], refs, input, html, o)
		},
	}
	flags.register(cmd)
	cmd.Flags().StringArrayVar(&refs, "ref", nil, "npz:FILE, onnx:FILE or forms; may be given several times")
	cmd.Flags().StringVar(&input, "input", "", "the .npz or .npy with the model's input, - for stdin")
	cmd.Flags().BoolVar(&o.Layers, "layers", false, "compare every value that both sides name, in the model's order")
	cmd.Flags().Float64Var(&o.Tolerance.Abs, "atol", 0, "absolute tolerance")
	cmd.Flags().Float64Var(&o.Tolerance.Rel, "rtol", verify.DefaultTolerance.Rel, "tolerance relative to the reference's largest value")
	cmd.Flags().StringVar(&html, "html", "", "write the report as a web page too")
	cmd.MarkFlagRequired("ref")
	return cmd
}

func (a *app) verify(ctx context.Context, path string, refs []string, input, html string, o verify.Options) error {
	for _, tolerance := range []float64{o.Tolerance.Abs, o.Tolerance.Rel} {
		if !(tolerance >= 0) || math.IsInf(tolerance, 0) {
			return fmt.Errorf("tolerance %g: allowed numbers from 0", tolerance)
		}
	}
	if slices.Contains(refs, "npz:"+dash) || slices.Contains(refs, "onnx:"+dash) {
		return fmt.Errorf("a reference cannot be read from stdin")
	}
	m, err := a.readModel(path)
	if err != nil {
		return err
	}
	if input != "" {
		if o.Input, err = a.readArrays(input, "input"); err != nil {
			return err
		}
	}
	var list []verify.Reference
	for _, ref := range refs {
		r, err := openReference(ref, m, o)
		if err != nil {
			return err
		}
		list = append(list, r)
	}
	report, err := verify.Run(ctx, m, list, o)
	if err != nil {
		return err
	}
	if html != "" {
		if err := a.write(ctx, html, func(w io.Writer) error { return report.WriteHTML(w, path) }); err != nil {
			return err
		}
	}
	if err := a.print(report, func(w io.Writer) { report.WriteText(w) }); err != nil {
		return err
	}
	return verdict(path, report)
}

// verdict is an error with exit code 1 if a reference differs.
func verdict(path string, report *verify.Report) error {
	var differ []string
	for _, c := range report.References {
		if !c.Pass {
			differ = append(differ, errs.Quote(c.Name))
		}
	}
	if len(differ) == 0 {
		return nil
	}
	return &exitError{exitDifferent, fmt.Errorf("%s differs from %s", errs.Quote(path), strings.Join(differ, ", "))}
}

// openReference returns the reference that a --ref names.
func openReference(ref string, m *onnx.Model, o verify.Options) (verify.Reference, error) {
	kind, file, _ := strings.Cut(ref, ":")
	switch {
	case kind == "npz" && file != "":
		return verify.NPZ(file, limit.Limits{})
	case kind == "onnx" && file != "":
		return verify.ONNX(file, o)
	case ref == "forms":
		return verify.Forms(m, o)
	case kind == "timm", ref == "ort":
		return nil, &exitError{exitNoReference, fmt.Errorf("--ref %s: not available in this version, which has npz:FILE, onnx:FILE and forms", errs.Quote(ref))}
	}
	return nil, fmt.Errorf("--ref %s: allowed npz:FILE, onnx:FILE, forms", errs.Quote(ref))
}
