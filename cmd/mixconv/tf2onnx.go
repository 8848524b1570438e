package main

import (
	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/tf"
	"github.com/spf13/cobra"
)

func (a *app) tf2onnxCommand() *cobra.Command {
	var flags conversionFlags
	cmd := &cobra.Command{
		Use:   "tf2onnx CKPT -o M.onnx",
		Short: "convert a TensorFlow MixNet to ONNX",
		Long: "Convert a TensorFlow MixNet to ONNX. CKPT is a checkpoint's prefix, the folder\n" +
			"it is in, a SavedModel or a frozen graph (.pb). A tensor that the network has\n" +
			"no place for, or a place without a tensor, is an error.",
		Args: oneArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := flags.options(a)
			if err != nil {
				return err
			}
			return a.convert(cmd.Context(), tf.Convert, args[0], flags.output, o)
		},
	}
	flags.register(cmd, convert.Names())
	return cmd
}
