// Command mixconv-score is `mixconv score` with Parquet and Arrow, whose libraries would
// nearly double the size of mixconv. It takes the command line of `mixconv score`, which
// runs it in its own place where one of the two is needed.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	_ "image/gif" // pictures beside JPEG and PNG

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/scorecommand"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/score"
	"github.com/spf13/cobra"
	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"
)

// The exit codes of mixconv.
const (
	exitBadInput    = 2
	exitInterrupted = 128 + int(syscall.SIGINT)
	exitTerminated  = 128 + int(syscall.SIGTERM)
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run runs a command line to its end, or until a signal.
func run(args []string, stdin *os.File, stdout, stderr io.Writer) int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	done := make(chan error, 1)
	p := &program{stdin: stdin, stdout: stdout, stderr: stderr}
	go func() { done <- p.execute(ctx, args) }()
	select {
	case err := <-done:
		return p.report(err)
	case s := <-signals: // what is written is whole, and the next run goes on from it
		cancel()
		p.fail("interrupted")
		if s == syscall.SIGTERM {
			return exitTerminated
		}
		return exitInterrupted
	}
}

// program is one run of the command.
type program struct {
	stdin          *os.File
	stdout, stderr io.Writer
	json           bool
}

func (p *program) execute(ctx context.Context, args []string) error {
	p.json = slices.Contains(args, "--json")
	if len(args) > 0 && args[0] == "score" { // mixconv's own command line
		args = args[1:]
	}
	cmd := scorecommand.New(&scorecommand.Program{
		Stdin: p.stdin, Stdout: p.stdout, Stderr: p.stderr,
		Open:    func(path string) (*mixconv.Model, error) { return onnx.OpenFile(path, limit.Limits{}) },
		Print:   p.print,
		Formats: []score.Format{parquetFormat, arrowFormat},
		Opener:  openParquet,
		Stream: func(ctx context.Context, m *score.Model, column, key string, threads int) error {
			return stream(ctx, m, p.stdin, p.stdout, column, key, threads)
		},
	})
	cmd.Use = strings.Replace(cmd.Use, "score", "mixconv-score", 1)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.CompletionOptions = cobra.CompletionOptions{DisableDefaultCmd: true}
	cmd.Flags().Bool("json", false, "print one JSON object on stdout")
	cmd.SetArgs(args)
	cmd.SetOut(p.stdout)
	cmd.SetErr(p.stderr)
	return cmd.ExecuteContext(ctx)
}

// print prints a result in one piece.
func (p *program) print(result any, text func(io.Writer)) error {
	var b bytes.Buffer
	if p.json {
		enc := json.NewEncoder(&b)
		enc.SetIndent("", "  ")
		if err := enc.Encode(result); err != nil {
			return err
		}
	} else {
		text(&b)
	}
	if _, err := p.stdout.Write(b.Bytes()); err != nil {
		return fmt.Errorf("stdout: %w", err)
	}
	return nil
}

// report prints err, if it is one, and returns the exit code for it.
func (p *program) report(err error) int {
	if err == nil {
		return 0
	}
	message := err.Error()
	if e := (*os.PathError)(nil); errors.As(err, &e) {
		message = fmt.Sprintf("%s: %v", errs.Quote(e.Path), e.Err)
	}
	p.fail(strings.ReplaceAll(message, "\n", "; "))
	return exitBadInput
}

func (p *program) fail(message string) {
	if p.json {
		_ = json.NewEncoder(p.stdout).Encode(map[string]string{"error": message}) // stderr has it too
	}
	fmt.Fprintln(p.stderr, "mixconv-score: "+message)
}
