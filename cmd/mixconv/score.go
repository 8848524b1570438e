package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/scorecommand"
	"github.com/spf13/cobra"
)

func (a *app) scoreCommand() *cobra.Command {
	stdin, _ := a.stdin.(*os.File)
	return scorecommand.New(&scorecommand.Program{
		Stdin: stdin, Stdout: a.stdout, Stderr: a.stderr, Terminal: isTerminal(a.stderr),
		Open: a.openModel, Print: a.print, Delegate: a.columnar,
	})
}

// scoreProgram is the program that knows Parquet and Arrow, whose libraries nearly double
// this one's size.
const scoreProgram = "mixconv-score"

// columnar replaces this process by mixconv-score with the same command line or, where the
// system cannot, waits for it.
func (a *app) columnar() error {
	program, err := findProgram(scoreProgram, "MIXCONV_SCORE")
	if err != nil {
		return err
	}
	return a.become(program)
}

// findProgram looks for a program where a variable says, beside this one, and in PATH.
func findProgram(name, variable string) (string, error) {
	if path := os.Getenv(variable); path != "" {
		if !isFile(path) {
			return "", &exitError{exitNoReference, fmt.Errorf("%s is %s, which is no file: allowed is the program %s", variable, errs.Quote(path), name)}
		}
		return path, nil
	}
	file := name
	if runtime.GOOS == "windows" {
		file += ".exe"
	}
	if self, err := os.Executable(); err == nil {
		if path := filepath.Join(filepath.Dir(self), file); isFile(path) {
			return path, nil
		}
	}
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	return "", &exitError{exitNoReference, errors.New("Parquet and Arrow need the program " + name + ", which is neither beside mixconv nor in PATH (or name it in " + variable + "): docs/scale.md says how to build it")}
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
