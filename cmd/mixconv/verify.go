package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/npy"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/verify"
	"github.com/spf13/cobra"
)

// verification is what the flags of verify say beside its Options.
type verification struct {
	model         string // path
	refs          []string
	input         string
	pictures      []string
	html, saveRef string
	onnxGo        string // program
	live          verify.Live
}

func (a *app) verifyCommand() *cobra.Command {
	var flags engineFlags
	var v verification
	o := verify.Options{Tolerance: verify.DefaultTolerance}
	cmd := &cobra.Command{
		Use:   "verify M.onnx --ref REF…",
		Short: "compare what a model computes with a reference",
		Long: "Compare what a model computes with references, each of which must agree:\n\n" +
			"  timm:WEIGHTS         the network in PyTorch's timm with weights of its own: .pth,\n" +
			"                       .safetensors, .npz, or a folder (of .npy, or as Hugging Face\n" +
			"                       has it). Without WEIGHTS those that timm calls pretrained,\n" +
			"                       which it may fetch from its hub\n" +
			"  torchvision:WEIGHTS  the same in torchvision\n" +
			"  ort                  ONNX Runtime on the same file\n" +
			"  onnx-go              onnx-go on the same file, where its engine can\n" +
			"  npz:FILE             recorded arrays: the input, and outputs or any other values by\n" +
			"                       their names. Pictures in NHWC are recognised by their shape\n" +
			"  onnx:FILE            another model on the same input\n" +
			"  forms                the other form of the model's mixed convolutions\n\n" +
			"An output passes if for every picture max|a-b| <= atol + rtol * max|ref|. A NaN,\n" +
			"or nothing to compare, never passes. The input is that of --input or --image, else\n" +
			"that of an npz: reference, else random. Of a picture, timm and torchvision prepare\n" +
			"their input themselves, and every step of it is compared.\n\n" +
			"timm, torchvision and ort are run by the Python of --python, MIXCONV_PYTHON or\n" +
			".venv; onnx-go by the program mixconv-onnxgo, of --onnx-go, MIXCONV_ONNXGO or PATH.\n" +
			"If those lack them, or cannot run the model, the exit code is 3.",
		Args: oneArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if o.Session, err = flags.options(); err != nil {
				return err
			}
			v.model = args[0]
			return a.verify(cmd.Context(), v, o)
		},
	}
	flags.register(cmd)
	f := cmd.Flags()
	f.StringArrayVar(&v.refs, "ref", nil, "timm[:WEIGHTS], torchvision[:WEIGHTS], ort, onnx-go, npz:FILE, onnx:FILE or forms; may be given several times")
	f.StringVar(&v.input, "input", "", "the .npz or .npy with the model's input, - for stdin")
	f.StringArrayVar(&v.pictures, "image", nil, "a picture as input, prepared as the model's metadata says; may be given several times")
	f.Uint64Var(&o.Seed, "seed", 1, "of random input")
	f.BoolVar(&o.Layers, "layers", false, "compare every value that both sides name, in the model's order")
	f.Float64Var(&o.Tolerance.Abs, "atol", 0, "absolute tolerance")
	f.Float64Var(&o.Tolerance.Rel, "rtol", verify.DefaultTolerance.Rel, "tolerance relative to the reference's largest value")
	f.StringVar(&v.html, "html", "", "write the report as a web page too")
	f.StringVar(&v.saveRef, "save-ref", "", "write the reference's run as an .npz, for npz: later")
	f.StringVar(&v.live.Python, "python", "", "the Python that runs timm, torchvision and ort")
	f.StringVar(&v.onnxGo, "onnx-go", "", "the program mixconv-onnxgo")
	f.StringVar(&v.live.Network, "model", "", "the network's name in timm or torchvision (default what the model's metadata says)")
	cmd.MarkFlagRequired("ref")
	cmd.MarkFlagsMutuallyExclusive("input", "image")
	return cmd
}

func checkTolerance(t verify.Tolerance) error {
	for _, tolerance := range []float64{t.Abs, t.Rel} {
		if !(tolerance >= 0) || math.IsInf(tolerance, 0) {
			return fmt.Errorf("tolerance %g: allowed numbers from 0", tolerance)
		}
	}
	return nil
}

func (v *verification) check(o verify.Options) error {
	if err := checkTolerance(o.Tolerance); err != nil {
		return err
	}
	inputs := []string{v.model, v.input}
	for _, ref := range v.refs {
		_, file, _ := strings.Cut(ref, ":")
		inputs = append(inputs, file)
		if file == dash && ref != "npz:"+dash && ref != "onnx:"+dash {
			return noStdin("--ref "+ref, file)
		}
	}
	for _, picture := range v.pictures {
		if err := noStdin("--image", picture); err != nil {
			return err
		}
	}
	if err := oneStdin(inputs...); err != nil {
		return err
	}
	if v.saveRef != "" && len(v.refs) != 1 {
		return fmt.Errorf("--save-ref records one reference, not %d", len(v.refs))
	}
	if v.html == dash || v.saveRef == dash {
		return fmt.Errorf("--html and --save-ref write files: stdout has the report")
	}
	if v.html != "" && filepath.Clean(v.html) == filepath.Clean(v.saveRef) {
		return fmt.Errorf("--html and --save-ref: both are %s", errs.Quote(v.html))
	}
	return nil
}

// files are the pictures and the references' files: of a folder, or an index of
// one, all that are in it.
func (v *verification) files() []string {
	files := slices.Clone(v.pictures)
	for _, ref := range v.refs {
		_, file, ok := strings.Cut(ref, ":")
		if !ok {
			continue
		}
		files = append(files, file)
		if filepath.Ext(file) == ".json" {
			file = filepath.Dir(file)
		}
		entries, _ := os.ReadDir(file) // none if it is no folder
		for _, e := range entries {
			files = append(files, filepath.Join(file, e.Name()))
		}
	}
	return files
}

func (a *app) verify(ctx context.Context, v verification, o verify.Options) error {
	if err := v.check(o); err != nil {
		return err
	}
	o.Session.Context = ctx
	m, err := a.readModel(v.model)
	if err != nil {
		return err
	}
	a.read = append(a.read, v.files()...)
	if v.model != dash {
		v.live.File = v.model
	}
	if v.input != "" {
		if o.Input, err = a.readArrays(v.input, "input"); err != nil {
			return err
		}
	}
	for _, output := range []string{v.html, v.saveRef} {
		if output == "" {
			continue
		}
		if err := a.checkOutput(output); err != nil {
			return err
		}
	}
	if err := checkEnding(v.saveRef, ".npz"); err != nil {
		return err
	}
	if o.Pictures, err = preparePictures(m, v.pictures); err != nil {
		return err
	}
	var list []verify.Reference
	for _, ref := range v.refs {
		r, err := v.open(a, ref, m, o)
		if err != nil {
			return unavailable("--ref", err)
		}
		list = append(list, r)
	}
	o.Record = v.saveRef != ""
	shown := a.showComparisons()
	o.Progress = shown.at
	report, err := verify.Run(ctx, m, list, o)
	shown.end()
	if err != nil {
		return unavailable("--ref", err)
	}
	if err := a.writeReport(ctx, v, report); err != nil {
		return err
	}
	if err := a.print(report, func(w io.Writer) { report.WriteText(w) }); err != nil {
		return err
	}
	return verdict(v.model, report)
}

// writeReport writes the files that flags ask for.
func (a *app) writeReport(ctx context.Context, v verification, report *verify.Report) error {
	if v.saveRef != "" {
		record := report.References[0].Record()
		if err := a.write(ctx, v.saveRef, func(w io.Writer) error { return npy.WriteArchive(w, record) }); err != nil {
			return err
		}
	}
	if v.html != "" {
		return a.writePage(ctx, v.html, "mixconv verify "+v.model, report.WriteHTML)
	}
	return nil
}

// unavailable gives a reference that cannot be had here its exit code.
func unavailable(flag string, err error) error {
	if e := (*verify.UnavailableError)(nil); errors.As(err, &e) {
		return &exitError{exitNoReference, fmt.Errorf("%s %w", flag, err)}
	}
	return err
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

// open returns the reference that a --ref names.
func (v *verification) open(a *app, ref string, m *onnx.Model, o verify.Options) (verify.Reference, error) {
	kind, file, colon := strings.Cut(ref, ":")
	live := v.live
	live.Weights = file
	switch {
	case ref == "npz:"+dash:
		arrays, err := a.readArrays(dash, "")
		return verify.Recorded(ref, arrays), err
	case ref == "onnx:"+dash:
		other, err := a.readModel(dash)
		if err != nil {
			return nil, err
		}
		return verify.Model(ref, other, o)
	case kind == "npz" && file != "":
		return verify.NPZ(file, limit.Limits{})
	case kind == "onnx" && file != "":
		return verify.ONNX(file, o)
	case ref == "forms":
		return verify.Forms(m, o)
	case ref == "ort":
		return verify.ORT(live)
	case ref == "onnx-go":
		return verify.OnnxGo(v.onnxGo)
	case kind == "timm" && colon == (file != ""):
		nameNetwork(&live, kind, m)
		return verify.Timm(live)
	case kind == "torchvision" && colon == (file != ""):
		nameNetwork(&live, kind, m)
		return verify.TorchVision(live)
	}
	meant := didYouMean(kind, []string{"timm", "torchvision", "ort", "onnx-go", "npz", "onnx", "forms"})
	if _, err := os.Stat(ref); err == nil {
		meant = "; npz:" + ref + " and onnx:" + ref + " are files"
	}
	return nil, fmt.Errorf("--ref %s: allowed timm[:WEIGHTS], torchvision[:WEIGHTS], ort, onnx-go, npz:FILE, onnx:FILE, forms%s", errs.Quote(ref), meant)
}
