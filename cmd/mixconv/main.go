// Command mixconv converts MixNets from TensorFlow to ONNX, runs ONNX models,
// and proves that both compute the same.
//
// It exits with 0 if all went well, 1 if a comparison found a difference, 2 on
// wrong usage or bad input, 3 if a reference to compare with is not available
// here, and 130 after an interrupt. Errors are one line on stderr.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

const (
	exitOK           = 0
	exitDifferent    = 1
	exitBadInput     = 2
	exitNoReference  = 3
	exitInterrupted  = 128 + int(syscall.SIGINT)
	exitTerminated   = 128 + int(syscall.SIGTERM)
	interruptedGrace = time.Second // for removing temporary files
)

// exitError is an error that has an exit code of its own.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

func main() { os.Exit(mainCode(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// mainCode runs a command line to its end or, after a signal, until it has
// cleaned up; a command that hangs in a read is left behind.
func mainCode(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ignoreFileSizeSignal()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)

	done := make(chan error, 1)
	go func() {
		a := &app{stdin: stdin, stdout: stdout, stderr: stderr}
		done <- a.execute(ctx, args)
	}()
	select {
	case err := <-done:
		return report(stderr, err)
	case s := <-signals:
		cancel()
		select {
		case <-done:
		case <-time.After(interruptedGrace):
		}
		fmt.Fprintln(stderr, "mixconv: interrupted")
		if s == syscall.SIGTERM {
			return exitTerminated
		}
		return exitInterrupted
	}
}

// report prints err as one line and returns the exit code for it.
func report(stderr io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(stderr, "mixconv: "+strings.ReplaceAll(err.Error(), "\n", "; "))
	if e := (*exitError)(nil); errors.As(err, &e) {
		return e.code
	}
	return exitBadInput
}
