package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/preparation"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/metadata"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/preprocess"
	"github.com/spf13/cobra"
)

// labelling is what the flags of labels say.
type labelling struct {
	preparation    preparation.Flags
	labels, output string
}

// labelled is what a model says of its pictures and classes.
type labelled struct {
	Output     string            `json:"output,omitempty"` // the file that was written
	Preprocess map[string]string `json:"preprocess"`       // null if the model says nothing
	Labels     []string          `json:"labels"`           // null if it has none
}

func (a *app) labelsCommand() *cobra.Command {
	var l labelling
	cmd := &cobra.Command{
		Use:   "labels M.onnx",
		Short: "print or store class names and how pictures are prepared",
		Long: "Print what an ONNX file says of its classes and of how its pictures are prepared,\n" +
			"or store it: in a copy of the file, or with the same name for -o in its place.\n" +
			"Any program's file will do. What no flag says stays as it is. External data is\n" +
			"taken into the new file.",
		Args: oneArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.label(cmd.Context(), args[0], l)
		},
	}
	l.preparation.Register(cmd.Flags())
	cmd.Flags().StringVar(&l.labels, "labels", "", "class names to store: a text file with one a line, or JSON")
	cmd.Flags().StringVarP(&l.output, "output", "o", "", "the ONNX file to write, - for stdout")
	return cmd
}

func (a *app) label(ctx context.Context, path string, l labelling) error {
	stores := l.labels != "" || l.preparation.Given()
	switch {
	case stores && l.output == "":
		return errors.New("what is to be stored needs a file: -o OUT.onnx, which may be the same")
	case !stores && l.output != "":
		return errors.New("-o without anything to store: --labels, --preprocess or a part of it")
	case l.output == dash && a.json:
		return errors.New("--json and -o -: both go to stdout")
	}
	if err := noStdin("--labels", l.labels); err != nil {
		return err
	}
	m, err := a.readModel(path)
	if err != nil {
		return err
	}
	if err := checked(m); err != nil {
		return err
	}
	if stores {
		a.read = append(m.DataFiles(), l.labels) // the model itself may be replaced: that is atomic
		if err := a.checkOutput(l.output); err != nil {
			return err
		}
		if err := l.store(m); err != nil {
			return err
		}
		if err := a.writeModel(ctx, m, l.output); err != nil || l.output == dash {
			return err
		}
	}
	result := describeLabels(m)
	result.Output = l.output
	return a.print(result, result.text)
}

// store changes m's metadata.
func (l *labelling) store(m *onnx.Model) error {
	if l.preparation.Given() {
		c, err := l.preparation.Config(m)
		if err != nil {
			return err
		}
		if size := preparation.InputSize(m); size != 0 && size != c.Size {
			return fmt.Errorf("%s takes pictures of %d×%d, --image-size %d is another", errs.Quote(m.Name()), size, size, c.Size)
		}
		for key, value := range c.Metadata() {
			m.SetMetadata(key, value)
		}
	}
	if l.labels == "" {
		return nil
	}
	labels, err := preprocess.ReadLabels(l.labels, limit.Limits{})
	if err != nil {
		return err
	}
	if n := classes(m); n != 0 && n != len(labels) {
		return fmt.Errorf("%s has %d labels, %s has %d classes", errs.Quote(l.labels), len(labels), errs.Quote(m.Name()), n)
	}
	m.SetMetadata(metadata.Labels, strings.Join(labels, "\n"))
	return nil
}

// classes is how many scores the only output of m has for a picture, 0 if that is not
// declared.
func classes(m *onnx.Model) int {
	outputs := m.Proto.GetGraph().GetOutput()
	if len(outputs) != 1 {
		return 0
	}
	dims := outputs[0].GetType().GetTensorType().GetShape().GetDim()
	if len(dims) != 2 {
		return 0
	}
	return int(max(0, dims[1].GetDimValue()))
}

// writeModel writes m, its external data taken into it.
func (a *app) writeModel(ctx context.Context, m *onnx.Model, path string) error {
	if err := m.EmbedData(); err != nil {
		return err
	}
	data, err := m.Encode()
	if err != nil {
		return err
	}
	return a.writeBytes(ctx, path, data)
}

func describeLabels(m *onnx.Model) labelled {
	l := labelled{Preprocess: preprocessing(m)}
	if text, _ := m.Metadata(metadata.Labels); text != "" {
		l.Labels = strings.Split(text, "\n")
	}
	return l
}

func (l labelled) text(w io.Writer) {
	if l.Output != "" {
		fmt.Fprintln(w, errs.Quote(l.Output))
	}
	if l.Preprocess == nil {
		fmt.Fprintln(w, "preprocessing   not stored")
	} else {
		fmt.Fprintf(w, "preprocessing   %s\n", preprocessText(l.Preprocess))
	}
	if l.Labels == nil {
		fmt.Fprintln(w, "labels          not stored")
	}
	for i, label := range l.Labels {
		fmt.Fprintf(w, "%d\t%s\n", i, errs.Quote(label))
	}
}
