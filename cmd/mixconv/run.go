package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/npy"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
	"github.com/mixconv/mixconv/verify"
	"github.com/spf13/cobra"
)

// engineFlags are the flags of every command that runs a model.
type engineFlags struct {
	engine  string
	threads int
}

func (f *engineFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.engine, "engine", "planned", "planned (fast) or reference (node by node, in float64)")
	cmd.Flags().IntVar(&f.threads, "threads", 1, "goroutines that compute")
}

func (f *engineFlags) options() (o runtime.Options, err error) {
	for _, e := range []runtime.Engine{runtime.Planned, runtime.Reference} {
		if f.engine == e.String() {
			o.Engine = e
			if f.threads < 1 {
				return o, fmt.Errorf("--threads %d: allowed from 1", f.threads)
			}
			o.Threads = f.threads
			return o, nil
		}
	}
	return o, allowed("--engine", f.engine, "planned", "reference")
}

// running is what run reports.
type running struct {
	Output  string   `json:"output"`
	Arrays  []array  `json:"arrays"`
	Ignored []string `json:"ignored"` // arrays of the input file that are no inputs of the model
	Moved   []string `json:"moved"`   // inputs whose channels were moved to where the model has them
}

func (a *app) runCommand() *cobra.Command {
	var flags engineFlags
	var input, output string
	var layers bool
	cmd := &cobra.Command{
		Use:   "run M.onnx --input X.npz -o Y.npz",
		Short: "run an ONNX model on arrays",
		Long: "Run an ONNX model. X.npz has arrays named as the model's inputs; pictures in NHWC\n" +
			"are recognised by their shape, inputs with a default (an initializer) may be\n" +
			"missing, and other arrays are named and left out. A .npy\n" +
			"serves a model of one input. Y.npz gets the outputs; of a model of one, Y.npy may\n" +
			"be written instead. A model of a fixed batch is run as often as the pictures take.",
		Args: oneArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := flags.options()
			if err != nil {
				return err
			}
			o.Layers, o.Context = layers, cmd.Context()
			return a.runModel(cmd.Context(), args[0], input, output, o)
		},
	}
	flags.register(cmd)
	cmd.Flags().StringVar(&input, "input", "", "the .npz or .npy to read, - for stdin")
	cmd.Flags().StringVarP(&output, "output", "o", "", "the .npz or .npy to write, - for stdout")
	cmd.Flags().BoolVar(&layers, "layers", false, "write every named value too")
	cmd.MarkFlagRequired("input")
	cmd.MarkFlagRequired("output")
	return cmd
}

func (a *app) runModel(ctx context.Context, path, input, output string, o runtime.Options) error {
	if err := oneStdin(path, input); err != nil {
		return err
	}
	if output == dash && a.json {
		return fmt.Errorf("--json and -o -: both go to stdout")
	}
	if err := checkEnding(output, ".npz (all outputs)", ".npy (an only output)"); err != nil {
		return err
	}
	m, err := a.openModel(path)
	if err != nil {
		return err
	}
	s, err := runtime.New(m, o)
	if err != nil {
		return err
	}
	var result running
	in, err := a.readInputs(input, s, &result)
	if err != nil {
		return err
	}
	if err := a.checkOutput(output); err != nil {
		return err
	}
	if n := len(s.Outputs()); n != 1 && isArray(output) {
		return fmt.Errorf("%s: a .npy holds one array, not %d; allowed an .npz", errs.Quote(output), n)
	}
	out, err := verify.InPieces(s, in, func(piece runtime.Tensors) (runtime.Tensors, error) { return s.Run(ctx, piece) })
	if err != nil {
		return err
	}
	if err := a.write(ctx, output, func(w io.Writer) error { return writeOutputs(w, output, out) }); err != nil || output == dash {
		return err
	}
	result.Output, result.Arrays = output, describeArrays(out)
	return a.print(result, func(w io.Writer) {
		for _, name := range result.Moved {
			fmt.Fprintf(w, "input %s: read as NHWC\n", errs.Quote(name))
		}
		for _, name := range result.Ignored {
			fmt.Fprintf(w, "not an input, left out: %s\n", errs.Quote(name))
		}
		for _, d := range result.Arrays {
			fmt.Fprintf(w, "%s %s %s\n", errs.Quote(d.Name), d.DType, tensor.Shape(d.Shape))
		}
	})
}

// isArray reports whether path is that of a .npy, which holds a single array.
func isArray(path string) bool { return strings.EqualFold(filepath.Ext(path), ".npy") }

// writeOutputs writes an archive, or the only output as an array.
func writeOutputs(w io.Writer, path string, out runtime.Tensors) error {
	if isArray(path) {
		for _, only := range out {
			return npy.Write(w, only)
		}
	}
	return npy.WriteArchive(w, out)
}

// readInputs reads the arrays that a model takes, and notes what was done to
// them and which others there are.
func (a *app) readInputs(path string, s *runtime.Session, notes *running) (runtime.Tensors, error) {
	only := ""
	if inputs := s.Inputs(); len(inputs) == 1 {
		only = inputs[0].Name
	}
	arrays, err := a.readArrays(path, only)
	if err != nil {
		return nil, err
	}
	in, err := verify.Inputs(s, arrays)
	if err != nil {
		return nil, errs.InFile(path, err)
	}
	notes.Ignored, notes.Moved = []string{}, []string{}
	used := map[*tensor.Tensor]bool{}
	for name, t := range in {
		used[t] = true
		given := cmp.Or(arrays[name], arrays[strings.TrimSuffix(name, ":0")])
		if len(arrays) == 1 { // an only one, whatever its name
			for _, given = range arrays {
			}
		}
		if given != nil && given != t {
			used[given] = true
			notes.Moved = append(notes.Moved, name)
		}
	}
	for name, t := range arrays {
		if !used[t] {
			notes.Ignored = append(notes.Ignored, name)
		}
	}
	slices.Sort(notes.Ignored)
	slices.Sort(notes.Moved)
	return in, nil
}

func describeArrays(arrays map[string]*tensor.Tensor) []array {
	list := []array{}
	for _, name := range slices.Sorted(maps.Keys(arrays)) {
		t := arrays[name]
		list = append(list, array{name, t.DType.String(), dims(t.Shape)})
	}
	return list
}
