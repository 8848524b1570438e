package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/preparation"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/metadata"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/preprocess"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
	"github.com/spf13/cobra"
)

// explanation is what explain reports of a picture.
type explanation struct {
	File        string       `json:"file"`
	Prepared    []preparedAs `json:"prepared"`
	Differences []difference `json:"differences"` // of the second from the first
}

// preparedAs is a picture as the programs of one kind prepare it, and what the model
// takes it for then.
type preparedAs struct {
	Kind       string            `json:"kind"`
	Told       bool              `json:"told"` // by the model; else usual for ImageNet
	Preprocess map[string]string `json:"preprocess"`
	Stages     []stageValues     `json:"stages"`
	Top        []mixconv.Class   `json:"top"`

	stages preprocess.Stages
}

// stageValues is a step of preprocessing in a few numbers.
type stageValues struct {
	Name  string       `json:"name"`
	DType string       `json:"dtype"`
	Shape tensor.Shape `json:"shape"`
	Min   float64      `json:"min"`
	Mean  float64      `json:"mean"`
	Max   float64      `json:"max"`
}

// difference is how far two values of the same shape are apart.
type difference struct {
	What string  `json:"what"` // decoded, picture (before it is normalised) or input
	Max  float64 `json:"max"`  // largest |a−b|
	Mean float64 `json:"mean"` // of |a−b|
}

func (a *app) explainCommand() *cobra.Command {
	var flags engineFlags
	var size, top int
	var labels string
	cmd := &cobra.Command{
		Use:   "explain M.onnx PICTURE",
		Short: "show what preprocessing does to a picture's classes",
		Long: "Prepare a picture as PyTorch's and as TensorFlow's evaluation of ImageNet do, show\n" +
			"every step, where the two part, and what the model takes the picture for then. Of\n" +
			"the kind that the model's metadata names, its own values are taken.",
		Args: twoArguments,
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := flags.options()
			if err != nil {
				return err
			}
			return a.explain(cmd.Context(), args[0], args[1], size, top, labels, mixconv.ClassifierOptions{Options: o})
		},
	}
	flags.register(cmd)
	cmd.Flags().IntVar(&size, "image-size", 0, "height and width of the network's input (default what the model says)")
	cmd.Flags().IntVar(&top, "top", 5, "classes of each")
	cmd.Flags().StringVar(&labels, "labels", "", "class names in place of the model's: a text file with one a line, or JSON")
	return cmd
}

func (a *app) explain(ctx context.Context, path, picture string, size, top int, labels string, o mixconv.ClassifierOptions) error {
	if top < 1 {
		return fmt.Errorf("--top %d: allowed from 1", top)
	}
	if err := cmp.Or(oneStdin(path, picture), noStdin("--labels", labels)); err != nil {
		return err
	}
	m, err := a.readModel(path)
	if err != nil {
		return err
	}
	if labels != "" {
		if o.Labels, err = preprocess.ReadLabels(labels, limit.Limits{}); err != nil {
			return err
		}
	}
	data, err := a.readPicture(picture)
	if err != nil {
		return err
	}
	if o.Session, err = runtime.New(m, o.Options); err != nil {
		return err
	}
	e := explanation{File: picture}
	for _, kind := range []preprocess.Kind{preprocess.Torch, preprocess.TensorFlow} {
		one, err := prepareAs(ctx, m, kind, size, top, picture, data, o)
		if err != nil {
			return err
		}
		e.Prepared = append(e.Prepared, one)
	}
	e.compare()
	return a.print(e, e.text)
}

// prepareAs prepares and classifies an encoded picture as programs of a kind do.
func prepareAs(ctx context.Context, m *onnx.Model, kind preprocess.Kind, size, top int, picture string, data []byte, o mixconv.ClassifierOptions) (one preparedAs, err error) {
	flags := preparation.Flags{Kind: string(kind), Size: size}
	if o.Preprocess, err = flags.Config(m); err != nil {
		return one, err
	}
	p, err := o.Preprocess.Decode(data, limit.Limits{})
	if err != nil {
		return one, errs.InFile(picture, err)
	}
	told, _ := m.Metadata(metadata.PreprocessKind)
	one = preparedAs{Kind: string(kind), Told: told == string(kind), Preprocess: map[string]string{}}
	for key, value := range o.Preprocess.Metadata() {
		one.Preprocess[preparation.Field(key)] = value
	}
	if one.stages, err = o.Preprocess.Run(p); err != nil {
		return one, errs.InFile(picture, err)
	}
	for _, s := range one.stages {
		one.Stages = append(one.Stages, summarise(s))
	}
	c, err := mixconv.OpenModel(m, o)
	if err != nil {
		return one, err
	}
	one.Top, err = c.ClassifyPicture(ctx, p, top)
	return one, err
}

func summarise(s preprocess.Stage) stageValues {
	v := stageValues{Name: s.Name, DType: s.Value.DType.String(), Shape: s.Value.Shape, Min: math.Inf(1), Max: math.Inf(-1)}
	n := 0.0
	for x := range values(s.Value) {
		v.Min, v.Max = min(v.Min, x), max(v.Max, x)
		v.Mean += x
		n++
	}
	v.Mean /= n
	return v
}

// values are the elements of a step of preprocessing.
func values(t *tensor.Tensor) func(yield func(float64) bool) {
	return func(yield func(float64) bool) {
		switch data := t.Data.(type) {
		case []uint8:
			for _, v := range data {
				if !yield(float64(v)) {
					return
				}
			}
		case []float32:
			for _, v := range data {
				if !yield(float64(v)) {
					return
				}
			}
		}
	}
}

// compare finds where the two preparations part: their steps are in another order, but
// each has the decoded picture, the network's part of it in 0…255, and the input.
func (e *explanation) compare() {
	torch, tf := e.Prepared[0].stages, e.Prepared[1].stages
	for _, step := range []struct {
		what string
		a, b *tensor.Tensor
	}{
		{"decoded", torch.Get(preprocess.StageDecode), tf.Get(preprocess.StageDecode)},
		{"picture", torch.Get(preprocess.StageCrop), tf.Get(preprocess.StageResize)},
		{"input", torch.Input(), tf.Input()},
	} {
		d := difference{What: step.what}
		var list []float64
		for x := range values(step.a) {
			list = append(list, x)
		}
		i := 0
		for x := range values(step.b) {
			d.Max = max(d.Max, math.Abs(x-list[i]))
			d.Mean += math.Abs(x - list[i])
			i++
		}
		d.Mean /= float64(i)
		e.Differences = append(e.Differences, d)
	}
}

func (e explanation) text(w io.Writer) {
	fmt.Fprintln(w, errs.Quote(e.File))
	for _, p := range e.Prepared {
		says := "usual for ImageNet"
		if p.Told {
			says = "as the model says"
		}
		fmt.Fprintf(w, "\n%s (%s): %s\n", p.Kind, says, preprocessText(p.Preprocess))
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, s := range p.Stages {
			fmt.Fprintf(t, "  %s\t%s%s\t%.4g … %.4g\tmean %.4g\n", s.Name, s.DType, s.Shape, s.Min, s.Max, s.Mean)
		}
		for _, c := range p.Top {
			fmt.Fprintf(t, "  %.2f %%\t%s\n", 100*c.Probability, className(c))
		}
		t.Flush()
	}
	fmt.Fprintln(w, "\nWhere they part:")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	meaning := map[string]string{"decoded": "of 255, before any step", "picture": "of 255, before it is normalised", "input": "of the network"}
	for _, d := range e.Differences {
		fmt.Fprintf(t, "  %s\tup to %.4g\t%.4g on average\t%s\n", d.What, d.Max, d.Mean, meaning[d.What])
	}
	t.Flush()
}
