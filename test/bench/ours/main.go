// Command ours times mixconv in turn with other engines, as an app that embeds it:
//
//	ours MODEL THREADS BATCH
//
// Package turns has what it prints and reads.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
	"github.com/mixconv/mixconv/test/bench/internal/turns"
)

func main() {
	if err := serve(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "ours:", err)
		os.Exit(1)
	}
}

func serve(args []string) error {
	network, err := turns.Arguments(args)
	if err != nil {
		return err
	}
	x := tensor.New(tensor.Float32, network.Batch, 3, 224, 224)
	turns.Fill(tensor.Data[float32](x))
	var session *runtime.Session
	var in, out runtime.Tensors
	ctx := context.Background()
	load := func() (err error) {
		session, err = mixconv.Load(network.Path, runtime.Options{Threads: network.Threads})
		return err
	}
	run := func() (err error) {
		if out == nil {
			in = runtime.Tensors{session.Inputs()[0].Name: x}
			out, err = session.Run(ctx, in)
			return err
		}
		return session.RunInto(ctx, in, out)
	}
	return turns.Serve(os.Stdin, os.Stdout, load, run)
}
