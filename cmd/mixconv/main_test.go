package main

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
)

// TestMessageOf: a message is one line without control characters, whatever a path holds.
func TestMessageOf(t *testing.T) {
	none := errors.New("no such file")
	for _, c := range []struct {
		err  error
		want string
	}{
		{none, "no such file"},
		{&fs.PathError{Op: "open", Path: "a.png", Err: none}, "a.png: no such file"},
		{&fs.PathError{Op: "stat", Path: "a\nb\x1b[31m", Err: none}, `"a\nb\x1b[31m": no such file`},
		{fmt.Errorf("labels: %w", &fs.PathError{Op: "stat", Path: "\a", Err: none}), `labels: "\a": no such file`},
		{errors.New("one\ntwo\x1b[2J\tthree — ü"), `one; two\x1b[2J\tthree — ü`},
	} {
		if got := messageOf(c.err); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
