//go:build !unix

package main

import (
	"errors"
	"os/exec"

	"github.com/mixconv/mixconv/errs"
)

// become runs a program with the same arguments and ends as it does.
func (a *app) become(program string) error {
	cmd := exec.Command(program, a.args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.stdin, a.stdout, a.stderr
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return &exitError{exit.ExitCode(), errs.InFile(program, err)}
	}
	return errs.InFile(program, err)
}
