package main

import (
	"fmt"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/torch"
	"github.com/spf13/cobra"
)

func (a *app) torch2onnxCommand() *cobra.Command {
	var flags conversionFlags
	var own convert.Options
	var archFile string
	cmd := &cobra.Command{
		Use:   "torch2onnx WEIGHTS -o M.onnx",
		Short: "convert a PyTorch MixNet or relative to ONNX",
		Long: "Convert the weights that PyTorch trained to ONNX. WEIGHTS is a folder of .npy\n" +
			"files named after the parameters, an .npz, .pth or .safetensors file, or a\n" +
			"folder as Hugging Face has it. Pickles are read, never run. A tensor that the\n" +
			"network has no place for, or a place without a tensor, is an error.\n\n" +
			"Which network it is, the file may say (arch, args, hyper_parameters, a\n" +
			"config.json beside it), or --model. Some have the same tensors and compute\n" +
			"otherwise, such as mobilenetv3_small_100 and tf_mobilenetv3_small_100: of those\n" +
			"one must be named, and --model may not contradict the file. In a trainer's\n" +
			"checkpoint the tensors that fit are found under any key and behind any prefix\n" +
			"that all of them have; where several fit, --key and --prefix choose. Averages\n" +
			"of the weights are preferred, as --ema says.",
		Args: oneArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := flags.options(a)
			if err != nil {
				return err
			}
			o.Features, o.Epsilon = own.Features, own.Epsilon
			o.Key, o.Prefix, o.IgnoreArch = own.Key, own.Prefix, own.IgnoreArch
			if archFile != "" {
				if cmd.Flags().Changed("model") {
					return fmt.Errorf("--model and --arch-file: one of them names the network")
				}
				if o.Network, err = a.readArch(archFile); err != nil {
					return err
				}
			}
			return a.convert(cmd.Context(), torch.Convert, args[0], flags.output, o)
		},
	}
	flags.register(cmd, convert.TorchNames())
	f := cmd.Flags()
	f.BoolVar(&own.Features, "features", false, "feature maps at strides 4 to 32 as outputs, in place of logits")
	f.Float32Var(&own.Epsilon, "epsilon", 0, "epsilon of the batch norms (default the network's)")
	f.StringVar(&archFile, "arch-file", "", "a network of your own, as text, in place of --model")
	f.StringVar(&own.Key, "key", "", "the dictionary of a checkpoint that has the weights, such as state_dict or callbacks.EMA.state_dict (default the one that fits)")
	f.StringVar(&own.Prefix, "prefix", "", "what the names of the weights begin with, such as model.backbone; other tensors are left out (default what all have)")
	f.BoolVar(&own.IgnoreArch, "ignore-arch", false, "take --model though the file says that it is another network with the same tensors")
	return cmd
}
