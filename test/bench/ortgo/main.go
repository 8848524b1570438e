// Command ortgo times ONNX Runtime through its Go binding, which needs cgo:
//
//	ortgo LIBRARY MODEL THREADS BATCH
//
// Package turns has what it prints and reads. It is a module of its own so that
// the binding stays out of mixconv's.
package main

import (
	"fmt"
	"os"

	"github.com/mixconv/mixconv/test/bench/internal/turns"
	ort "github.com/yalue/onnxruntime_go"
)

func main() {
	if err := serve(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "ortgo:", err)
		os.Exit(1)
	}
}

func serve(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("no arguments, allowed are LIBRARY MODEL THREADS BATCH")
	}
	network, err := turns.Arguments(args[1:])
	if err != nil {
		return err
	}
	ort.SetSharedLibraryPath(args[0])
	if err := ort.InitializeEnvironment(); err != nil {
		return err
	}
	defer ort.DestroyEnvironment()

	pixels := make([]float32, network.Batch*3*224*224)
	turns.Fill(pixels)
	in, err := ort.NewTensor(ort.NewShape(int64(network.Batch), 3, 224, 224), pixels)
	if err != nil {
		return err
	}
	defer in.Destroy()
	out, err := ort.NewEmptyTensor[float32](ort.NewShape(int64(network.Batch), 1000))
	if err != nil {
		return err
	}
	defer out.Destroy()

	var session *ort.AdvancedSession
	load := func() (err error) {
		session, err = open(network, in, out)
		return err
	}
	run := func() error { return session.Run() }
	if err := turns.Serve(os.Stdin, os.Stdout, load, run); err != nil {
		return err
	}
	return session.Destroy()
}

func open(network turns.Network, in, out ort.Value) (*ort.AdvancedSession, error) {
	options, err := ort.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	defer options.Destroy()
	if err := options.SetIntraOpNumThreads(network.Threads); err != nil {
		return nil, err
	}
	if err := options.SetInterOpNumThreads(1); err != nil {
		return nil, err
	}
	return ort.NewAdvancedSession(network.Path, []string{"input"}, []string{"logits"}, []ort.Value{in}, []ort.Value{out}, options)
}
