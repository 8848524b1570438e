package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/mixconv/mixconv/errs"
)

// checkStdout refuses to write what is no text to a terminal.
func (a *app) checkStdout() error {
	if isTerminal(a.stdout) {
		return errors.New("stdout is a terminal, and the output no text: name a file, or send it through a pipe")
	}
	return nil
}

// checkEnding wants path to end in one of the endings, each of which may have a
// remark behind it, unless it is stdout, or a device or a pipe.
func checkEnding(path string, endings ...string) error {
	if info, err := os.Stat(path); path == "" || path == dash || err == nil && !info.Mode().IsRegular() {
		return nil // refused elsewhere, or no file
	}
	for _, e := range endings {
		ending, _, _ := strings.Cut(e, " ")
		if strings.EqualFold(filepath.Ext(path), ending) {
			return nil
		}
	}
	return fmt.Errorf("%s: its ending does not fit what is written, allowed %s", errs.Quote(path), strings.Join(endings, ", "))
}

// checkOutput says why path can be no output: it names nothing, a folder, or
// a file that the command has read, which its result would replace.
func (a *app) checkOutput(path string) error { return a.checkOutputOf(path, a.read) }

// checkOutputOf is checkOutput of a command that has read, or will read, these files.
func (a *app) checkOutputOf(path string, inputs []string) error {
	switch path {
	case "":
		return errors.New("no output named: its path is empty")
	case dash:
		return a.checkStdout()
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
	for _, input := range inputs {
		if read, err := os.Stat(input); err == nil && os.SameFile(info, read) {
			return fmt.Errorf("%s cannot be written: it is an input of this command", errs.Quote(path))
		}
	}
	return nil
}
