package main

import (
	"fmt"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/convert"
	"github.com/spf13/cobra"
)

func (a *app) torch2onnxCommand() *cobra.Command {
	var flags conversionFlags
	var features bool
	var epsilon float32
	var archFile string
	cmd := &cobra.Command{
		Use:   "torch2onnx WEIGHTS --model NAME -o M.onnx",
		Short: "convert a PyTorch MixNet or relative to ONNX",
		Long: "Convert the weights that PyTorch trained to ONNX. WEIGHTS is a folder of .npy\n" +
			"files named after the parameters, an .npz, .pth or .safetensors file, or a\n" +
			"folder as Hugging Face has it, whose config.json may name the network. Pickles\n" +
			"are read, never run. A tensor that the network has no place for, or a place\n" +
			"without a tensor, is an error.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := flags.options(a)
			if err != nil {
				return err
			}
			o.Features, o.Epsilon = features, epsilon
			if archFile != "" {
				if cmd.Flags().Changed("model") {
					return fmt.Errorf("--model and --arch-file: one of them names the network")
				}
				if o.Network, err = a.readArch(archFile); err != nil {
					return err
				}
			}
			return a.convert(cmd.Context(), mixconv.ConvertTorch, args[0], flags.output, o)
		},
	}
	flags.register(cmd, convert.TorchNames())
	cmd.Flags().BoolVar(&features, "features", false, "feature maps at strides 4 to 32 as outputs, in place of logits")
	cmd.Flags().Float32Var(&epsilon, "epsilon", 0, "epsilon of the batch norms (default the network's)")
	cmd.Flags().StringVar(&archFile, "arch-file", "", "a network of your own, as text, in place of --model")
	return cmd
}
