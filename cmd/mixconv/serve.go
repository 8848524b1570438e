package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/mixconv/mixconv/serve"
	"github.com/spf13/cobra"
)

func (a *app) serveCommand() *cobra.Command {
	o := serve.Defaults()
	cmd := &cobra.Command{
		Use:   "serve M.onnx…",
		Short: "answer the Open Inference Protocol over HTTP and gRPC",
		Long: "Answer the Open Inference Protocol, version 2, over REST and gRPC on one port, until\n" +
			"SIGINT or SIGTERM; what has been accepted is answered then. M.onnx is a file, whose name\n" +
			"without .onnx is the model's, a folder of files, a folder with NAME/VERSION/*.onnx, or\n" +
			"NAME=PATH of a file or of a folder with one model. A file that is replaced (renamed over)\n" +
			"is loaded beside the old one and takes its place; no request is lost.",
		Args: filesOnly,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Models = args
			return a.serve(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Listen, "listen", o.Listen, "address and port to listen on")
	f.IntVar(&o.MaxBatch, "max-batch", o.MaxBatch, "pictures that are run together at most; 1: none")
	f.DurationVar(&o.MaxDelay, "max-delay", o.MaxDelay, "how long a request waits for others to be run with")
	f.IntVar(&o.Threads, "threads", o.Threads, "threads that all runs together compute with")
	f.IntVar(&o.Queue, "queue", o.Queue, "requests of a model that may wait; others are refused")
	f.DurationVar(&o.Drain, "drain", o.Drain, "how long accepted requests may take when the server stops")
	return cmd
}

func (a *app) serve(ctx context.Context, o serve.Options) error {
	o.Version = release
	slog.SetDefault(slog.New(slog.NewTextHandler(a.stderr, nil)))
	a.grace.Store(int64(o.Drain + 5*time.Second))
	s, err := serve.New(o)
	if err != nil {
		return err
	}
	at := listening{"http://" + s.Addr().String()}
	if err := a.print(at, func(w io.Writer) { fmt.Fprintln(w, at.URL) }); err != nil {
		return err
	}
	return s.Run(ctx)
}

// listening is what serve prints when it can be reached.
type listening struct {
	URL string `json:"url"`
}
