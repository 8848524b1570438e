package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/filetype"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/dump"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
	"github.com/spf13/cobra"
)

// inspection is what the flags of inspect say.
type inspection struct {
	stage  string
	sample sampleFlags
	layers bool
	html   string
}

func (a *app) inspectCommand() *cobra.Command {
	var o inspection
	cmd := &cobra.Command{
		Use:   "inspect FILE",
		Short: "describe an ONNX model, weights of TensorFlow or PyTorch, or NumPy arrays",
		Long: "Describe an ONNX model, weights of TensorFlow or PyTorch, or NumPy arrays. --layers\n" +
			"adds for each layer of a model the output's shape, kernel and stride, parameters,\n" +
			"multiply-adds, memory and receptive field; totals, and the peak of the plan's memory.\n" +
			"--html draws the graph, its blocks folded, as one page that needs no network.",
		Args: oneArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			if o.stage != "" {
				return a.dump(cmd.Context(), args[0], o.stage, &o.sample)
			}
			return a.inspect(cmd.Context(), args[0], o)
		},
	}
	cmd.Flags().StringVar(&o.stage, "stage", "", "print the model as text at a stage on its way to a run: "+strings.Join(runtime.Stages, ", "))
	cmd.Flags().BoolVar(&o.layers, "layers", false, "describe each layer of a model too")
	cmd.Flags().StringVar(&o.html, "html", "", "write the graph of a model as a web page too")
	o.sample.register(cmd)
	return cmd
}

func (o *inspection) check() error {
	drawn := o.layers || o.html != ""
	switch {
	case o.stage != "" && !slices.Contains(runtime.Stages, o.stage):
		return allowed("--stage", o.stage, runtime.Stages...)
	case o.stage != "" && drawn:
		return errors.New("--stage prints the model as text: allowed without --layers and --html")
	case o.html == dash:
		return errors.New("--html writes a file: stdout has the description")
	case o.stage == "" && o.sample.given() && !drawn:
		return errors.New("--shape and --input: allowed with --stage, --layers and --html")
	}
	return nil
}

// inspect describes a file by its content, and where there is no file the
// checkpoint whose prefix path is.
func (a *app) inspect(ctx context.Context, path string, o inspection) error {
	t, err := a.typeOf(path)
	if err != nil {
		return err
	}
	reader := readerOf(path, t)
	if (o.layers || o.html != "") && reader != readsONNX {
		return errs.InFile(path, errors.New("--layers and --html: allowed for an ONNX model, which alone has layers"))
	}
	switch reader {
	case readsArrays:
		return a.inspectArrays(path, t.Kind)
	case readsTorch:
		return a.inspectTorch(path)
	case readsTensorFlow:
		return a.inspectTensorFlow(path)
	}
	return a.inspectModel(ctx, path, o)
}

// reader says who reads a file.
type reader int

const (
	readsONNX reader = iota
	readsTorch
	readsTensorFlow
	readsArrays // of NumPy
)

// readerOf says who reads the file of type t at path.
func readerOf(path string, t filetype.Type) reader {
	switch t.Kind {
	case filetype.Npy, filetype.Npz:
		return readsArrays
	case filetype.TorchZip, filetype.Pickle, filetype.Safetensors, filetype.SafetensorIndex:
		return readsTorch
	case filetype.CheckpointIndex, filetype.CheckpointState, filetype.SavedModel, filetype.GraphDef:
		return readsTensorFlow
	case filetype.Folder:
		if hasTorchFile(path) {
			return readsTorch
		}
		return readsTensorFlow
	case filetype.Unknown:
		if isCheckpoint(path) {
			return readsTensorFlow
		}
	}
	return readsONNX
}

// typeOf is the type of the file at path, or of what comes on stdin: an array or
// a model.
func (a *app) typeOf(path string) (filetype.Type, error) {
	if path != dash {
		return filetype.OfFile(path), nil
	}
	data, err := a.readStdin()
	if err != nil {
		return filetype.Type{}, err
	}
	t := filetype.OfBytes(data)
	switch t.Kind {
	case filetype.Npy, filetype.Npz, filetype.ONNX, filetype.Unknown:
		return t, nil
	}
	return t, errs.InFile("stdin", t.Mistaken("an ONNX model or NumPy arrays, which alone are read there"))
}

// isCheckpoint reports whether path, whose content tells nothing, is the prefix
// of a checkpoint or one of its data shards.
func isCheckpoint(path string) bool {
	if _, err := os.Stat(path); err == nil {
		return strings.Contains(filepath.Base(path), ".data-")
	}
	_, err := os.Stat(path + ".index")
	return err == nil
}

// hasTorchFile reports whether a folder has arrays or other weights of
// PyTorch's, and no checkpoint or graph of TensorFlow's.
func hasTorchFile(folder string) bool {
	suffixes := []string{".pth", ".pt", ".bin", ".safetensors", ".ckpt", ".tar", ".json", ".npy", ".npz"}
	entries, _ := os.ReadDir(folder) // none: its reader says why
	found := false
	for _, e := range entries {
		ext := filepath.Ext(e.Name())
		if ext == ".index" || ext == ".pb" {
			return false
		}
		found = found || slices.Contains(suffixes, ext)
	}
	return found
}

// dump prints one stage of a model.
func (a *app) dump(ctx context.Context, path, stage string, sample *sampleFlags) error {
	if a.json {
		return fmt.Errorf("--stage prints text, not JSON")
	}
	m, err := a.readModel(path)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if stage == runtime.Stages[0] { // needs no operator to be supported
		err = dump.Model(&b, m)
	} else {
		err = a.dumpSession(ctx, &b, m, stage, sample)
	}
	if err != nil {
		return err
	}
	return a.print(nil, func(w io.Writer) { w.Write(b.Bytes()) })
}

// dumpSession writes a stage that a session has. Of given arrays a run is made
// first, so that what is planned for the shapes that it finds is there.
func (a *app) dumpSession(ctx context.Context, w io.Writer, m *onnx.Model, stage string, sample *sampleFlags) error {
	s, err := runtime.New(m, runtime.Options{Context: ctx})
	if err != nil {
		return err
	}
	shapes, in, err := a.sampleShapes(s, sample)
	if err != nil {
		return err
	}
	if in != nil {
		if _, err := s.Run(ctx, in); err != nil {
			return err
		}
	}
	if err = s.Dump(w, stage, shapes); err != nil && stage == "plan" {
		err = openDimensions(s, shapes, err)
	}
	return err
}

// arrayFile is what inspect prints of NumPy's files.
type arrayFile struct {
	File   string  `json:"file"`
	Format string  `json:"format"`
	Arrays []array `json:"arrays"`
}

func (a *app) inspectArrays(path string, kind filetype.Kind) error {
	arrays, err := a.readArrays(path, "")
	if err != nil {
		return err
	}
	f := arrayFile{path, "npz", describeArrays(arrays)}
	if kind == filetype.Npy {
		f.Format = "npy"
	}
	return a.print(f, func(w io.Writer) {
		fmt.Fprintf(w, "%s: %s\n", errs.Quote(f.File), f.Format)
		writeArrays(w, f.Arrays)
	})
}

// floatElements counts the elements of all arrays of floating-point numbers.
func floatElements(list []array) int64 {
	var total int64
	for _, d := range list {
		if n := tensor.Shape(d.Shape).Elements(); n > 0 && slices.Contains([]string{"float32", "float16", "float64", "bfloat16"}, d.DType) {
			total += int64(n)
		}
	}
	return total
}

func writeArrays(w io.Writer, list []array) {
	for _, d := range list {
		name := ""
		if d.Name != "" {
			name = errs.Quote(d.Name) + " "
		}
		fmt.Fprintf(w, "  %s%s %s\n", name, d.DType, tensor.Shape(d.Shape))
	}
}
