package main

import (
	"os"
	"path/filepath"
	"testing"
)

const text = `package p

import "errors"

func f(n int) (int, error) {
	if n > 0 {
		return 0, errors.New("large")
	}
	g := func() error {
		return errors.New("inner")
	}
	if err := g(); err != nil {
		return 0, err
	}
	return n, nil
}

func h() error { return nil }

func k() int { return 1 }
`

// TestReturns: of a file's returns those that give an error are found, and of each whether
// a profile, or one of several, has reached it.
func TestReturns(t *testing.T) {
	folder := t.TempDir()
	source, first, second := filepath.Join(folder, "p.go"), filepath.Join(folder, "1"), filepath.Join(folder, "2")
	for name, content := range map[string]string{
		source: text,
		first:  "mode: set\nm/p.go:6.11,8.3 1 0\nm/p.go:9.20,11.3 1 1\nm/p.go:12.28,14.3 1 0\n",
		second: "mode: set\nm/p.go:6.11,8.3 1 1\n",
	} {
		if err := os.WriteFile(name, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	returns, err := errorReturns(source)
	if err != nil {
		t.Fatal(err)
	}
	p := profile{}
	for _, name := range []string{first, second} {
		if err := p.read(name); err != nil {
			t.Fatal(err)
		}
	}
	want := map[int]bool{7: true, 10: true, 13: false} // by line
	if len(returns) != len(want) {
		t.Errorf("%d returns of errors, want %d", len(returns), len(want))
	}
	for _, at := range returns {
		reached, known := p.at("m/p.go", at)
		if w, ok := want[at.Line]; !ok || !known || reached != w {
			t.Errorf("line %d: reached %t, known %t", at.Line, reached, known)
		}
	}
	if err := p.read(source); err == nil {
		t.Error("a file that is no profile was read")
	}
}
