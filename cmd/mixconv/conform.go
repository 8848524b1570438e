package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/verify/conform"
	"github.com/spf13/cobra"
)

func (a *app) conformCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "conform DIR",
		Short: "run ONNX's backend test cases",
		Long: "Run ONNX's backend test cases, which the onnx package has in backend/test/data,\n" +
			"on both engines. A case passes if every output is within 1e-7 + 1e-3·|expected|.",
		Args: oneArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := noStdin("a folder", args[0]); err != nil {
				return err
			}
			if info, err := os.Stat(args[0]); err != nil {
				return err
			} else if !info.IsDir() {
				return fmt.Errorf("%s: not a folder", errs.Quote(args[0]))
			}
			var progress *progress
			report, err := conform.Run(cmd.Context(), os.DirFS(args[0]), func(done, all int) {
				if done == 0 {
					progress = a.newProgress(all, "cases")
				} else {
					progress.add(1)
				}
			})
			progress.end()
			if err != nil {
				return fmt.Errorf("%s: %w", errs.Quote(args[0]), err)
			}
			if err := a.print(report, func(w io.Writer) { printConformance(w, report) }); err != nil {
				return err
			}
			if report.Failed > 0 {
				return &exitError{exitDifferent, errors.New("cases failed")}
			}
			return nil
		},
	}
}

// printConformance lists what failed, then the counts by operator.
func printConformance(w io.Writer, r *conform.Report) {
	for _, c := range r.Cases {
		if c.Status == conform.Failed {
			fmt.Fprintf(w, "%s failed: %s\n", c.Name, c.Reason)
		}
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "operator\tcases\tpassed")
	for _, op := range r.Coverage() {
		if op.Cases > 0 {
			fmt.Fprintf(tw, "%s\t%d\t%d\n", op, op.Cases, op.Passed)
		}
	}
	tw.Flush()
	fmt.Fprintf(w, "%d cases: %d passed, %d failed, %d unsupported, %d contradicted\n", len(r.Cases), r.Passed, r.Failed, r.Unsupported, r.Contradicted)
}
