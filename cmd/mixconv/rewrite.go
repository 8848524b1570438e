package main

import (
	"context"
	"fmt"
	"io"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/check"
	"github.com/mixconv/mixconv/onnx/mdconv"
	"github.com/spf13/cobra"
)

// rewriting is what rewrite reports.
type rewriting struct {
	Output    string `json:"output"`
	MDConv    string `json:"mdconv"`
	Rewritten int    `json:"rewritten"` // mixed convolutions that changed their form
}

func (a *app) rewriteCommand() *cobra.Command {
	var output, form string
	cmd := &cobra.Command{
		Use:   "rewrite IN.onnx -o OUT.onnx --mdconv split|fused",
		Short: "turn one form of mixed depthwise convolutions into the other",
		Long: "Turn one form of mixed depthwise convolutions into the other, in any ONNX file.\n" +
			"What has the wanted form already stays as it is. External data is taken into\n" +
			"the new file.",
		Args: oneArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.rewrite(cmd.Context(), args[0], output, convert.Form(form))
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "the ONNX file to write, - for stdout")
	cmd.Flags().StringVar(&form, "mdconv", "", "the form to write: split or fused")
	cmd.MarkFlagRequired("output")
	cmd.MarkFlagRequired("mdconv")
	return cmd
}

func (a *app) rewrite(ctx context.Context, input, output string, form convert.Form) error {
	if output == dash && a.json {
		return fmt.Errorf("--json and -o -: both go to stdout")
	}
	change := map[convert.Form]func(*onnx.Model) (int, error){convert.Split: mdconv.Unfuse, convert.Fused: mdconv.Fuse}[form]
	if change == nil {
		return allowed("--mdconv", string(form), "split", "fused")
	}
	m, err := a.readModel(input)
	if err != nil {
		return err
	}
	a.read = m.DataFiles() // the model itself may be replaced: that is atomic
	if err := a.checkOutput(output); err != nil {
		return err
	}
	if err := checked(m); err != nil {
		return err
	}
	if err := m.EmbedData(); err != nil {
		return err
	}
	n, err := change(m)
	if err != nil {
		return errs.InFile(input, err)
	}
	if err := a.writeModel(ctx, m, output); err != nil || output == dash {
		return err
	}
	return a.print(rewriting{output, string(form), n}, func(w io.Writer) {
		fmt.Fprintf(w, "%s: %d mixed convolutions rewritten to %s form\n", errs.Quote(output), n, form)
	})
}

// checked reports what makes m no model: by ONNX's rules, and by those of the
// mixed convolutions in it.
func checked(m *onnx.Model) error {
	if err := check.Model(m); err != nil {
		return err
	}
	return errs.InFile(m.Name(), mdconv.Check(m))
}
