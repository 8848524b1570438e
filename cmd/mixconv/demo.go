package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/tf"
	"github.com/mixconv/mixconv/testdata/digits"
	"github.com/mixconv/mixconv/verify"
	"github.com/spf13/cobra"
)

// demonstration is what demo prints.
type demonstration struct {
	Pass     bool      `json:"pass"`
	Pictures int       `json:"pictures"`
	Runs     []demoRun `json:"runs"`
}

type demoRun struct {
	Weights   string        `json:"weights"`
	MDConv    convert.Form  `json:"mdconv"`
	Pass      bool          `json:"pass"`
	Accuracy  float64       `json:"accuracy"`   // share of digits recognised
	Top1Agree int           `json:"top1_agree"` // pictures for which TensorFlow says the same
	MaxRel    verify.Number `json:"max_rel"`    // largest difference from TensorFlow's logits
	ConvertMS float64       `json:"convert_ms"` // checkpoint to ONNX
	RunMS     float64       `json:"run_ms"`     // all pictures, one thread
}

func (a *app) demoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "convert, run and verify a checkpoint that comes with this program",
		Long: "Convert a MixNet that TensorFlow trained on handwritten digits, both ways, with\n" +
			"averaged and with raw weights; run each on the 360 digits that training did not\n" +
			"see; compare the logits with those that TensorFlow computed.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.demo(cmd.Context()) },
	}
}

func (a *app) demo(ctx context.Context) error {
	folder, err := os.MkdirTemp("", "mixconv-demo-*")
	if err != nil {
		return fmt.Errorf("no room for temporary files, TMPDIR says where: %w", err)
	}
	defer os.RemoveAll(folder)
	if err := digits.WriteTo(folder); err != nil {
		return err
	}
	set, err := digits.HeldOut()
	if err != nil {
		return err
	}
	d := demonstration{Pass: true, Pictures: len(set.Labels)}
	for _, ema := range []string{"on", "off"} {
		for _, form := range []convert.Form{convert.Split, convert.Fused} {
			run, err := demoOnce(ctx, folder, ema, form, set)
			if err != nil {
				return err
			}
			d.Runs = append(d.Runs, run)
			d.Pass = d.Pass && run.Pass
		}
	}
	if err := a.print(d, d.text); err != nil {
		return err
	}
	if !d.Pass {
		return &exitError{exitDifferent, fmt.Errorf("the logits differ from TensorFlow's")}
	}
	return nil
}

// demoOnce converts the checkpoint one way and runs the result.
func demoOnce(ctx context.Context, folder, ema string, form convert.Form, set *digits.Set) (demoRun, error) {
	weights, recorded := "moving averages", set.LogitsEMA
	if ema == "off" {
		weights, recorded = "raw variables", set.LogitsRaw
	}
	start := time.Now()
	m, err := tf.Convert(folder, convert.Options{MDConv: form, EMA: ema, ImageSize: digits.ImageSize})
	if err != nil {
		return demoRun{}, err
	}
	converted := time.Now()
	s, err := mixconv.LoadModel(m.Model, mixconv.Options{Context: ctx})
	if err != nil {
		return demoRun{}, err
	}
	out, err := s.Run(ctx, mixconv.Tensors{"input": set.Input})
	if err != nil {
		return demoRun{}, err
	}
	took := time.Since(converted)
	v := verify.Compare("logits", out["logits"], recorded, verify.DefaultTolerance)
	return demoRun{
		Weights: weights, MDConv: form, Pass: v.Pass && v.Top1Agree == v.Pictures,
		Accuracy: accuracy(mixconv.Floats(out["logits"]), set.Labels), Top1Agree: v.Top1Agree, MaxRel: v.MaxRel,
		ConvertMS: milliseconds(converted.Sub(start)), RunMS: milliseconds(took),
	}, nil
}

// accuracy is the share of pictures whose largest score is that of their label.
func accuracy(scores []float32, labels []int64) float64 {
	classes := len(scores) / len(labels)
	right := 0
	for i, label := range labels {
		best := 0
		row := scores[i*classes : (i+1)*classes]
		for c := range row {
			if row[c] > row[best] {
				best = c
			}
		}
		if int64(best) == label {
			right++
		}
	}
	return float64(right) / float64(len(labels))
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func (d demonstration) text(w io.Writer) {
	fmt.Fprintln(w, "A MixNet-S (width 0.25, 64×64) that TensorFlow trained on handwritten digits,")
	fmt.Fprintf(w, "converted to ONNX and run in Go on the %d digits that training did not see:\n\n", d.Pictures)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "weights\tMDConv\taccuracy\ttop-1 as TensorFlow\tlargest difference\tconvert\trun")
	for _, r := range d.Runs {
		fmt.Fprintf(t, "%s\t%s\t%.1f %%\t%d/%d\t%s of the largest logit\t%.0f ms\t%.0f ms\n", r.Weights, r.MDConv,
			100*r.Accuracy, r.Top1Agree, d.Pictures, r.MaxRel, r.ConvertMS, r.RunMS)
	}
	t.Flush()
	if d.Pass {
		fmt.Fprintf(w, "\nAll within %g: pass.\n", verify.DefaultTolerance.Rel)
	} else {
		fmt.Fprintln(w, "\nDIFFERENT from what TensorFlow computed.")
	}
}
