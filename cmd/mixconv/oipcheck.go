package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/serve/conformance"
	"github.com/spf13/cobra"
)

func (a *app) oipCheckCommand() *cobra.Command {
	o := conformance.Options{Timeout: 10 * time.Second}
	var shapes sampleFlags
	var token string
	cmd := &cobra.Command{
		Use:   "oip-check URL",
		Short: "check a server of the Open Inference Protocol",
		Long: "Ask a server, ours or any other, whether it does what the Open Inference Protocol,\n" +
			"version 2, and its extensions demand, over REST and gRPC. What belongs to an extension\n" +
			"that the server does not list is not offered. Nobody else may call the model meanwhile:\n" +
			"its statistics are counted.",
		Args: oneArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.URL = args[0]
			given, err := shapes.parsed()
			if err != nil {
				return err
			}
			o.Shapes = map[string][]int64{}
			for name, shape := range given {
				for _, d := range shape {
					o.Shapes[name] = append(o.Shapes[name], int64(d))
				}
			}
			if o.Token, err = readToken(token); err != nil {
				return err
			}
			return a.oipCheck(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Model, "model", "", "the model to ask (default the first that the server lists)")
	f.StringVar(&o.GRPC, "grpc", "", "URL of the server's gRPC, if that has a port of its own")
	f.BoolVar(&o.NoGRPC, "no-grpc", false, "ask REST alone")
	f.BoolVar(&o.Reload, "reload", false, "unload and load the model, too, which disturbs its other callers")
	f.DurationVar(&o.Timeout, "timeout", o.Timeout, "how long an answer may take")
	f.StringArrayVar(&shapes.shapes, "shape", nil, "an input's shape, as NAME=1,3,480,640; repeatable (default 1 where it is open)")
	f.StringVar(&token, "token-file", "", "file with a bearer token to send")
	return cmd
}

// readToken reads a bearer token from a file: its first line.
func readToken(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	token := strings.TrimSpace(string(data))
	if token == "" || strings.ContainsAny(token, " \t\r\n") {
		return "", errs.InFile(path, errs.Format("", "no bearer token: allowed is one word"))
	}
	return token, nil
}

func (a *app) oipCheck(ctx context.Context, o conformance.Options) error {
	report, err := conformance.Run(ctx, o)
	if err != nil {
		return err
	}
	if err := a.print(report, func(w io.Writer) { printOIP(w, report) }); err != nil {
		return err
	}
	if !report.Passed() {
		return &exitError{exitDifferent, errors.New("the server does not do what the protocol demands")}
	}
	return nil
}

func printOIP(w io.Writer, r *conformance.Report) {
	fmt.Fprintf(w, "%s, model %s\n", errs.Quote(r.Server), errs.Quote(r.Model))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range r.Results {
		found := ""
		if c.Found != "" {
			found = "(" + plain(c.Found) + ")"
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", c.Result, c.Group, c.Name, found)
	}
	t.Flush()
	fmt.Fprintf(w, "%d cases: %d pass, %d fail, %d are not offered, %d do not apply\n", len(r.Results), r.Counts[conformance.Pass],
		r.Counts[conformance.Fail], r.Counts[conformance.NotOffered], r.Counts[conformance.NotApplicable])
}
