//go:build unix

package main

import (
	"os"
	"syscall"

	"github.com/mixconv/mixconv/errs"
)

// become replaces this process by a program with the same arguments, so that signals reach
// it and nothing is left of this one.
func (a *app) become(program string) error {
	return errs.InFile(program, syscall.Exec(program, append([]string{program}, a.args...), os.Environ()))
}
