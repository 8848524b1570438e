package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/npy"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
	"github.com/spf13/cobra"
)

func (a *app) inspectCommand() *cobra.Command {
	var stage string
	cmd := &cobra.Command{
		Use:   "inspect FILE",
		Short: "describe an ONNX model, weights of TensorFlow or PyTorch, or NumPy arrays",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if stage != "" {
				return a.dump(args[0], stage)
			}
			switch kindOf(args[0]) {
			case kindArray:
				return a.inspectArray(args[0])
			case kindArchive:
				return a.inspectArchive(args[0])
			case kindTensorFlow:
				return a.inspectTensorFlow(args[0])
			case kindTorch:
				return a.inspectTorch(args[0])
			}
			return a.inspectModel(args[0])
		},
	}
	cmd.Flags().StringVar(&stage, "stage", "", "print the model as text at a stage on its way to a run: "+strings.Join(runtime.Stages, ", "))
	return cmd
}

type kind int

const (
	kindModel kind = iota
	kindArray
	kindArchive
	kindTensorFlow
	kindTorch
)

// torchSuffixes are those of files that PyTorch's weights come in.
var torchSuffixes = []string{".pth", ".pt", ".bin", ".safetensors", ".ckpt", ".tar", ".json"}

// kindOf tells what inspect reads at path: by content where that is
// unmistakable, else by name. What is nothing else is taken for a model.
func kindOf(path string) kind {
	info, err := os.Stat(path)
	switch {
	case path == dash:
		return kindModel
	case err != nil:
		if _, err := os.Stat(path + ".index"); err == nil {
			return kindTensorFlow
		}
	case info.IsDir():
		if hasTorchFile(path) {
			return kindTorch
		}
		return kindTensorFlow
	case startsWith(path, npyMagic):
		return kindArray
	case filepath.Ext(path) == ".npz":
		return kindArchive
	case slices.Contains([]string{".index", ".pb"}, filepath.Ext(path)):
		return kindTensorFlow
	case slices.Contains(torchSuffixes, filepath.Ext(path)):
		return kindTorch
	}
	return kindModel
}

// hasTorchFile reports whether a folder has arrays or other weights of
// PyTorch's, and no index of a checkpoint of TensorFlow's.
func hasTorchFile(folder string) bool {
	entries, _ := os.ReadDir(folder) // none: its reader says why
	found := false
	for _, e := range entries {
		ext := filepath.Ext(e.Name())
		if ext == ".index" || ext == ".pb" {
			return false
		}
		found = found || ext == ".npy" || slices.Contains(torchSuffixes, ext)
	}
	return found
}

// dump prints one stage of a model.
func (a *app) dump(path, stage string) error {
	if a.json {
		return fmt.Errorf("--stage prints text, not JSON")
	}
	m, err := a.readModel(path)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if stage == runtime.Stages[0] { // needs no operator to be supported
		err = m.Dump(&b)
	} else {
		var s *runtime.Session
		if s, err = runtime.New(m, runtime.Options{}); err == nil {
			err = s.Dump(&b, stage)
		}
	}
	if err != nil {
		return err
	}
	return a.print(nil, func(w io.Writer) { w.Write(b.Bytes()) })
}

// arrayFile is what inspect prints of NumPy's files.
type arrayFile struct {
	File   string  `json:"file"`
	Format string  `json:"format"`
	Arrays []array `json:"arrays"`
}

func (a *app) inspectArray(path string) error {
	t, err := npy.ReadFile(path, limit.Limits{})
	if err != nil {
		return err
	}
	return a.printArrays(arrayFile{path, "npy", []array{{"", t.DType.String(), dims(t.Shape)}}})
}

func (a *app) inspectArchive(path string) error {
	arrays, err := npy.ReadArchive(path, limit.Limits{})
	if err != nil {
		return err
	}
	return a.printArrays(arrayFile{path, "npz", describeArrays(arrays)})
}

func (a *app) printArrays(f arrayFile) error {
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
