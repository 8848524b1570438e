package verify

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"time"

	"github.com/mixconv/mixconv/errs"
)

// UnavailableError says that a reference cannot be had here, and what to do
// about it.
type UnavailableError struct{ Reference, Reason string }

func (e *UnavailableError) Error() string { return errs.Quote(e.Reference) + ": " + e.Reason }

// script runs a reference in Python. It and this program exchange files in a
// folder of their own.
//
//go:embed reference.py
var script []byte

// findPython returns the interpreter: the one given, that of MIXCONV_PYTHON, or
// that of the virtual environment .venv in the current folder; "" if none is
// there.
func findPython(given string) string {
	if given == "" {
		given = os.Getenv("MIXCONV_PYTHON")
	}
	if given == "" {
		given = filepath.Join(".venv", "bin", "python")
		if goruntime.GOOS == "windows" {
			given = filepath.Join(".venv", "Scripts", "python.exe")
		}
	}
	path, err := exec.LookPath(given)
	if err != nil {
		return ""
	}
	return path
}

// packages are what pip must install for each kind of reference.
var packages = map[string]string{
	kindORT:         "numpy onnxruntime",
	kindTimm:        "numpy torch timm",
	kindTorchVision: "numpy torch torchvision",
}

// noPython is the error where no interpreter is.
func noPython(reference, kind, given string) error {
	if given == "" {
		given = os.Getenv("MIXCONV_PYTHON")
	}
	if given != "" {
		return &UnavailableError{reference, "no Python at " + errs.Quote(given)}
	}
	return &UnavailableError{reference, fmt.Sprintf(
		"needs Python, which neither --python, MIXCONV_PYTHON nor .venv names: python3 -m venv .venv && .venv/bin/python -m pip install %s", packages[kind])}
}

// reply is what the script says in answer.json.
type reply struct {
	Names       []string   // of the values v0, v1, …
	Stages      [][]string // of each picture, the steps' names
	Missing     string     // a package
	Unavailable string     // why the reference cannot be had
	Error       string
}

// runScript lets python answer the request in folder.
func runScript(ctx context.Context, python, folder string) (reply, error) {
	var r reply
	file := filepath.Join(folder, "reference.py")
	if err := os.WriteFile(file, script, 0o600); err != nil {
		return r, err
	}
	cmd := command(ctx, python, file, folder)
	stderr := tail{}
	cmd.Stderr = &stderr
	err := cmd.Run()
	if ctx.Err() != nil {
		return r, ctx.Err()
	}
	if err != nil {
		return r, fmt.Errorf("%s: %w%s", errs.Quote(python), err, stderr.lastLine())
	}
	data, err := os.ReadFile(filepath.Join(folder, "answer.json"))
	if err != nil {
		return r, fmt.Errorf("%s: ended without an answer%s", errs.Quote(python), stderr.lastLine())
	}
	return r, json.Unmarshal(data, &r)
}

// command is a program that is ended when ctx is.
func command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.WaitDelay = time.Second
	return cmd
}

// tail keeps the end of what is written to it.
type tail struct{ data []byte }

func (t *tail) Write(p []byte) (int, error) {
	const most = 4 << 10
	t.data = append(t.data, p...)
	t.data = t.data[max(0, len(t.data)-most):]
	return len(p), nil
}

// lastLine is where a program says what was wrong, cut to a readable length.
func (t *tail) lastLine() string {
	const most = 300
	lines := bytes.Split(bytes.TrimSpace(t.data), []byte("\n"))
	line := strings.ToValidUTF8(string(lines[len(lines)-1]), "�")
	if line == "" {
		return ""
	}
	if len(line) > most {
		line = strings.ToValidUTF8(line[:most], "") + "…"
	}
	return ": " + errs.Quote(line)
}

// notRun is the error of a reference that another program did not run to its
// end, for whatever reason but that ctx ended it.
func notRun(ctx context.Context, reference string, err error) error {
	if e := (*UnavailableError)(nil); errors.As(err, &e) || ctx.Err() != nil {
		return err
	}
	return &UnavailableError{reference, err.Error()}
}
