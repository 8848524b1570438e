package main

import (
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/runtime"
	"github.com/spf13/cobra"
)

// flagValues are what flags take, for completion. A flag of one name means the same in
// every command that has it, but for those in flagValuesOf.
var flagValues = map[string][]string{
	"against":       {"ort"},
	"ema":           {"auto", "on", "off"},
	"engine":        {"planned", "reference"},
	"form":          {"split", "fused"},
	"format":        {"jsonl", "parquet", "arrow"},
	"image-size":    {"dynamic"},
	"interpolation": {"bilinear", "bicubic", "bilinear_half_pixel", "bicubic_half_pixel", "box", "hamming", "lanczos"},
	"mdconv":        {"split", "fused"},
	"partition":     {"equal", "exp"},
	"preprocess":    {"auto", "torch", "tensorflow"},
	"ref":           {"timm", "torchvision", "ort", "onnx-go", "npz:", "onnx:", "forms"},
	"stage":         runtime.Stages,
	"values":        {"top", "logits", "features"},
}

var flagValuesOf = map[string]map[string][]string{
	"new":        {"arch": append(convert.Names(), convert.TorchNames()...), "mdconv": nil},
	"tf2onnx":    {"model": convert.Names()},
	"torch2onnx": {"model": convert.TorchNames()},
	"verify":     {"model": convert.TorchNames()},
	"classify":   {"image-size": nil},
	"eval":       {"image-size": nil},
	"explain":    {"image-size": nil},
	"labels":     {"image-size": nil},
	"score":      {"image-size": nil},
}

// What commands take beside flags: a model first, and then pictures, or a folder.
var (
	takesModel   = []string{"run", "rewrite", "labels", "verify", "bench", "classify", "explain", "eval", "score"}
	thenPictures = []string{"classify", "explain"}
	pictureFiles = []string{"jpg", "jpeg", "png", "gif", "bmp", "webp", "tif", "tiff"}
)

func (a *app) completionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "print a script that completes commands, flags and their values in a shell",
		Long: "Print a script that completes mixconv's commands, flags and their values in bash,\n" +
			"zsh, fish or powershell. In bash: source <(mixconv completion bash)",
		Args:      oneArgument,
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			write := map[string]func(io.Writer) error{
				"bash":       func(w io.Writer) error { return root.GenBashCompletionV2(w, true) },
				"zsh":        root.GenZshCompletion,
				"fish":       func(w io.Writer) error { return root.GenFishCompletion(w, true) },
				"powershell": root.GenPowerShellCompletionWithDesc,
			}[args[0]]
			if write == nil {
				return allowed("shell", args[0], cmd.ValidArgs...)
			}
			a.printed.Store(true)
			return write(a.stdout)
		},
	}
}

// addCompletions makes shells complete the values of flags, and files of the kinds that
// a command takes.
func addCompletions(root *cobra.Command) error {
	for _, cmd := range root.Commands() {
		values := maps.Clone(flagValues)
		maps.Copy(values, flagValuesOf[cmd.Name()])
		for flag, of := range values {
			if cmd.Flags().Lookup(flag) == nil || of == nil {
				continue
			}
			if err := cmd.RegisterFlagCompletionFunc(flag, completeValue(of)); err != nil {
				return err
			}
		}
		if slices.Contains(takesModel, cmd.Name()) {
			cmd.ValidArgsFunction = completeArguments
		}
	}
	return nil
}

func completeValue(values []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		fit := slices.DeleteFunc(slices.Clone(values), func(v string) bool { return !strings.HasPrefix(v, begun) })
		return fit, cobra.ShellCompDirectiveNoFileComp
	}
}

func completeArguments(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	switch {
	case len(args) == 0:
		return []cobra.Completion{"onnx"}, cobra.ShellCompDirectiveFilterFileExt
	case slices.Contains(thenPictures, cmd.Name()):
		return pictureFiles, cobra.ShellCompDirectiveFilterFileExt
	case cmd.Name() == "eval":
		return nil, cobra.ShellCompDirectiveFilterDirs
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}
