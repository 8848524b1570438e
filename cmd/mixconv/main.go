package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/mixconv/mixconv/errs"
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

// mainCode runs a command line to its end or, after a signal or its time limit, until it has
// cleaned up; a command that hangs in a read is left behind.
func mainCode(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ignoreFileSizeSignal()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)

	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, late: make(chan time.Duration, 1)}
	done := make(chan error, 1)
	go func() { done <- a.execute(ctx, args) }()
	message, code := "interrupted", exitInterrupted
	select {
	case err := <-done:
		return a.report(err, args)
	case s := <-signals:
		if s == syscall.SIGTERM {
			code = exitTerminated
		}
	case limit := <-a.late:
		message, code = fmt.Sprintf("it takes longer than --time-limit %s", limit), exitBadInput
	}
	cancel()
	select {
	case err := <-done:
		if err == nil {
			return exitOK // everything was done when the signal came
		}
	case <-time.After(cmp.Or(time.Duration(a.grace.Load()), interruptedGrace)):
	}
	a.fail(message, args)
	return code
}

// report prints err, if it is one, and returns the exit code for it.
func (a *app) report(err error, args []string) int {
	if err == nil {
		return exitOK
	}
	message := messageOf(err)
	if what := takenBy(err); what != "" {
		message += "; " + what
	}
	a.fail(message, args)
	if e := (*exitError)(nil); errors.As(err, &e) {
		return e.code
	}
	return exitBadInput
}

// messageOf is err as one line. The path of an error of package os stands there as it is,
// and may hold anything.
func messageOf(err error) string {
	message := err.Error()
	if e := (*fs.PathError)(nil); errors.As(err, &e) && e.Path != "" {
		message = strings.Replace(message, e.Error(), fmt.Sprintf("%s: %v", errs.Quote(e.Path), e.Err), 1)
	}
	message = strings.ReplaceAll(message, "\n", "; ")
	if !strings.ContainsFunc(message, unicode.IsControl) {
		return message
	}
	var b strings.Builder
	for _, r := range message {
		if unicode.IsControl(r) {
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// failure is what --json prints where there is no result.
type failure struct {
	Error string `json:"error"`
}

// fail prints a message as one line. It may be called while a command hangs.
func (a *app) fail(message string, args []string) {
	if wantsJSON(args) && !a.printed.Load() {
		_ = writeJSON(a.stdout, failure{message}) // stderr has it too
	}
	fmt.Fprintln(a.stderr, "mixconv: "+message)
}

// wantsJSON looks for --json on a command line that may not even parse.
func wantsJSON(args []string) bool {
	for _, arg := range args {
		if arg == "--" {
			break
		}
		if value, ok := strings.CutPrefix(arg, "--json="); ok {
			on, _ := strconv.ParseBool(value)
			return on
		}
		if arg == "--json" {
			return true
		}
	}
	return false
}
