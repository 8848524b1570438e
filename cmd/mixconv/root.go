package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
)

// app is what the commands share.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	args           []string // the command line
	json           bool
	printed        atomic.Bool  // something went to stdout, or was about to
	input          []byte       // all of stdin, once it was read
	read           []string     // files that the command has read: no output may replace one
	grace          atomic.Int64 // how long the command may take to end after a signal; 0: as usual
	timeLimit      time.Duration
	late           chan time.Duration // has the time limit once it is over
}

// extraCommands are those of builds with more tags.
var extraCommands []func(a *app) *cobra.Command

func (a *app) execute(ctx context.Context, args []string) error {
	a.args = args
	root := &cobra.Command{
		Use:                        "mixconv",
		Short:                      "MixNet and its relatives to ONNX, run in Go, and verified",
		SilenceErrors:              true,
		SilenceUsage:               true,
		DisableSuggestions:         true,
		SuggestionsMinimumDistance: -1,
		DisableFlagsInUseLine:      true,
		CompletionOptions:          cobra.CompletionOptions{DisableDefaultCmd: true},
		Args:                       cobra.ArbitraryArgs, // an unknown command among them
	}
	version := root.Flags().Bool("version", false, "print version, platform and instruction set")
	root.RunE = func(cmd *cobra.Command, args []string) error {
		if *version && len(args) == 0 {
			return a.version()
		}
		return a.withoutCommand(cmd, args)
	}
	root.PersistentPreRunE = func(cmd *cobra.Command, args []string) error {
		if a.timeLimit < 0 {
			return fmt.Errorf("--time-limit is %s, allowed 0s or more", a.timeLimit)
		}
		if a.timeLimit > 0 {
			time.AfterFunc(a.timeLimit, func() { a.late <- a.timeLimit })
		}
		return requiredFlags(cmd, args)
	}
	root.SetFlagErrorFunc(badFlag)
	root.SetHelpCommand(helpCommand(root))
	root.SetUsageFunc(usage)
	root.PersistentFlags().BoolVar(&a.json, "json", false, "print one JSON object on stdout")
	root.PersistentFlags().DurationVar(&a.timeLimit, "time-limit", 0, "end a command that takes longer, as 30s; 0s: none")
	root.AddCommand(
		a.demoCommand(), a.tf2onnxCommand(), a.torch2onnxCommand(), a.newCommand(), a.rewriteCommand(), a.runCommand(), a.classifyCommand(), a.evalCommand(), a.scoreCommand(), a.explainCommand(), a.labelsCommand(),
		a.verifyCommand(), a.inspectCommand(), a.diffCommand(), a.benchCommand(), a.opsCommand(), a.limitsCommand(), a.conformCommand(), a.serveCommand(), a.oipCheckCommand(), a.completionCommand(), a.versionCommand(),
	)
	for _, command := range extraCommands {
		root.AddCommand(command(a))
	}
	root.SetArgs(args)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	if err := addCompletions(root); err != nil {
		return err
	}
	addExamples(root)
	return root.ExecuteContext(ctx)
}

// print writes result as JSON, if that was asked for, else what text writes,
// to stdout in one piece.
func (a *app) print(result any, text func(w io.Writer)) error {
	var b bytes.Buffer
	if a.json {
		if err := writeJSON(&b, result); err != nil {
			return err
		}
	} else {
		text(&b)
	}
	a.printed.Store(true)
	if _, err := a.stdout.Write(b.Bytes()); err != nil {
		return fmt.Errorf("stdout: %w", err)
	}
	return nil
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
