package main

import (
	"fmt"
	"strings"

	"github.com/mixconv/mixconv/convert"
	"github.com/spf13/cobra"
)

// design says which network new makes.
type design struct {
	arch, archFile     string
	kernels, partition string
	dilated            bool
}

func (a *app) newCommand() *cobra.Command {
	var d design
	var output, form, imageSize string
	var opset int
	var seed uint64
	cmd := &cobra.Command{
		Use:   "new --arch NAME -o M.onnx",
		Short: "write a network with random weights",
		Long: "Write a network with random weights, to see its size and speed before it is\n" +
			"trained. --mdconv puts mixed depthwise convolutions in place of its depthwise\n" +
			"ones, as the ablations of the MixNet paper do.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			n, err := d.network(a)
			if err != nil {
				return err
			}
			o := convert.Options{MDConv: convert.Form(form), Opset: opset}
			if o.ImageSize, err = sizeOrDynamic("image-size", imageSize); err != nil {
				return err
			}
			random := func(_ string, o convert.Options) (*convert.Converted, error) {
				return convert.RandomModel(n, seed, o)
			}
			return a.convert(cmd.Context(), random, "", output, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&d.arch, "arch", "", strings.Join(append(convert.Names(), convert.TorchNames()...), ", "))
	f.StringVar(&d.archFile, "arch-file", "", "a network of your own, as text, in place of --arch")
	f.StringVar(&d.kernels, "mdconv", "", "kernel sizes of mixed depthwise convolutions, such as 3.5.7")
	f.StringVar(&d.partition, "partition", "equal", "channels of each kernel size: equal, or exp (half of what is left)")
	f.BoolVar(&d.dilated, "dilated", false, "dilated 3×3 kernels in place of larger ones, at stride 1")
	f.StringVar(&form, "form", "split", "form of mixed depthwise convolutions: split or fused")
	f.StringVar(&imageSize, "image-size", "", "height and width, or dynamic (default what the network is trained with)")
	f.IntVar(&opset, "opset", convert.DefaultOpset, fmt.Sprintf("ONNX opset, %d to %d", convert.MinOpset, convert.MaxOpset))
	f.Uint64Var(&seed, "seed", 1, "of the weights")
	f.StringVarP(&output, "output", "o", "", "the ONNX file to write, - for stdout")
	cmd.MarkFlagRequired("output")
	return cmd
}

func (d design) network(a *app) (n convert.Network, err error) {
	switch {
	case (d.arch == "") == (d.archFile == ""):
		return n, fmt.Errorf("which network? One of --arch and --arch-file names it")
	case d.arch != "":
		n, err = convert.Named(d.arch)
	default:
		var own *convert.Network
		if own, err = a.readArch(d.archFile); err == nil {
			n = *own
		}
	}
	if err != nil {
		return n, err
	}
	if d.partition != "equal" && d.partition != "exp" {
		return n, allowed("--partition", d.partition, "equal", "exp")
	}
	if d.kernels == "" {
		if d.dilated || d.partition != "equal" {
			return n, fmt.Errorf("--partition and --dilated go with --mdconv")
		}
		return n, nil
	}
	kernels, err := parseKernels(d.kernels)
	if err != nil {
		return n, err
	}
	return n.WithMDConv(convert.MDConv{Kernels: kernels, Exponential: d.partition == "exp", Dilated: d.dilated})
}
