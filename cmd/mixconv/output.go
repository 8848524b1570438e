package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/mixconv/mixconv/errs"
)

// checkOutput says why path can be no output: it names nothing, a folder, or
// a file that the command has read, which its result would replace.
func (a *app) checkOutput(path string) error {
	switch path {
	case "":
		return errors.New("no output named: its path is empty")
	case dash:
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil // a new file, if any
	}
	if info.IsDir() {
		return fmt.Errorf("%s cannot be written: it is a folder", errs.Quote(path))
	}
	if !info.Mode().IsRegular() {
		return nil // a device or a pipe keeps nothing
	}
	for _, input := range a.read {
		if read, err := os.Stat(input); err == nil && os.SameFile(info, read) {
			return fmt.Errorf("%s cannot be written: it is an input of this command", errs.Quote(path))
		}
	}
	return nil
}
