package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/serve"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// serving is what the flags of serve say.
type serving struct {
	serve.Options
	logLevel string
	logJSON  bool
}

func (a *app) serveCommand() *cobra.Command {
	o := serving{Options: serve.Defaults()}
	cmd := &cobra.Command{
		Use:   "serve M.onnx…",
		Short: "answer the Open Inference Protocol over HTTP and gRPC",
		Long: "Answer the Open Inference Protocol, version 2, over REST and gRPC on one port, until\n" +
			"SIGINT or SIGTERM; what has been accepted is answered then. M.onnx is a file, whose name\n" +
			"without .onnx is the model's, a folder of files, a folder with NAME/VERSION/*.onnx, or\n" +
			"NAME=PATH of a file or of a folder with one model. A file that is replaced (renamed over)\n" +
			"is loaded beside the old one and takes its place; no request is lost.\n\n" +
			"Every flag has a variable: --max-batch 8 is MIXCONV_SERVE_MAX_BATCH=8. A flag that is\n" +
			"given counts more. The URL goes to stdout, the log to stderr.",
		Args: filesOnly,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := fromEnvironment(cmd.LocalNonPersistentFlags()); err != nil {
				return err
			}
			o.Models = args
			return a.serve(cmd.Context(), &o)
		},
	}
	o.register(cmd.Flags())
	return cmd
}

func (o *serving) register(f *pflag.FlagSet) {
	f.StringVar(&o.Listen, "listen", o.Listen, "address and port to listen on")
	f.IntVar(&o.MaxBatch, "max-batch", o.MaxBatch, "pictures that are run together at most; 1: none")
	f.DurationVar(&o.MaxDelay, "max-delay", o.MaxDelay, "how long a request waits for others to be run with")
	f.IntVar(&o.Threads, "threads", o.Threads, "threads that all runs together compute with")
	f.IntVar(&o.ThreadsOfRun, "run-threads", o.ThreadsOfRun, "threads that one run computes with")
	f.IntVar(&o.Queue, "queue", o.Queue, "requests of a model that may wait; others are refused")
	f.DurationVar(&o.Timeout, "timeout", o.Timeout, "how long a request may take, its waiting included; 0s: any")
	f.DurationVar(&o.Watch, "watch", o.Watch, "how often files are looked at for changes; 0s: never")
	f.DurationVar(&o.Drain, "drain", o.Drain, "how long accepted requests may take when the server stops")
	f.StringVar(&o.TLSCert, "tls-cert", "", "file with the certificate, which makes it HTTPS")
	f.StringVar(&o.TLSKey, "tls-key", "", "file with the certificate's key")
	f.StringVar(&o.TokenFile, "token-file", "", "file with the bearer token that callers must have")
	f.StringVar(&o.DebugListen, "debug-listen", "", "address and port for profiles (/debug/pprof/)")
	f.Int64Var(&o.Body, "max-body", o.Body, "bytes of a request's body, compressed or not")
	f.Int64Var(&o.Memory, "max-memory", o.Memory, "bytes of all requests' bodies together")
	f.IntVar(&o.Header, "max-header", o.Header, "bytes of a request's headers")
	f.IntVar(&o.Pictures, "max-pictures", o.Pictures, "pictures of one request")
	f.Int64Var(&o.Pixels, "max-pixels", o.Pixels, "pixels of a picture")
	f.IntVar(&o.Connections, "max-connections", o.Connections, "connections at a time; others wait")
	f.DurationVar(&o.Read, "read-timeout", o.Read, "how long a request may take to arrive")
	f.DurationVar(&o.Write, "write-timeout", o.Write, "how long a caller may take to read its answer")
	f.DurationVar(&o.Idle, "idle-timeout", o.Idle, "how long a connection may be silent")
	f.StringVar(&o.logLevel, "log-level", "info", "debug (a line for every request), info, warn or error")
	f.BoolVar(&o.logJSON, "log-json", false, "log lines as JSON")
}

// variable is the environment variable of a flag.
func variable(flag string) string {
	return "MIXCONV_SERVE_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// fromEnvironment sets the flags that are not given and have a variable.
func fromEnvironment(flags *pflag.FlagSet) (err error) {
	flags.VisitAll(func(f *pflag.Flag) {
		name := variable(f.Name)
		value, ok := os.LookupEnv(name)
		if !ok || f.Changed || err != nil {
			return
		}
		if bad := flags.Set(f.Name, value); bad != nil {
			err = fmt.Errorf("%s is %s, which --%s does not take", name, errs.Quote(value), f.Name)
		}
	})
	return err
}

func (a *app) serve(ctx context.Context, o *serving) error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(o.logLevel)); err != nil {
		return allowed("--log-level", o.logLevel, "debug", "info", "warn", "error")
	}
	var log slog.Handler = slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: level})
	if o.logJSON {
		log = slog.NewJSONHandler(a.stderr, &slog.HandlerOptions{Level: level})
	}
	slog.SetDefault(slog.New(log))
	a.grace.Store(int64(o.Drain + 5*time.Second))
	o.Version = release
	s, err := serve.New(o.Options)
	if err != nil {
		return err
	}
	at := listening{s.URL()}
	if err := a.print(at, func(w io.Writer) { fmt.Fprintln(w, at.URL) }); err != nil {
		return err
	}
	return s.Run(ctx)
}

// listening is what serve prints when it can be reached.
type listening struct {
	URL string `json:"url"`
}
