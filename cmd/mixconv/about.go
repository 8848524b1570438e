package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	goruntime "runtime"
	"slices"
	"strings"
	"time"

	"github.com/mixconv/mixconv/internal/page"
)

// about is the header of a page that this command writes, with the files that it has
// read so far.
func (a *app) about(title string) (page.About, error) {
	b := thisBuild()
	about := page.About{
		Title: title, Date: time.Now(), Command: commandLine(a.args),
		Version:   strings.Join(slices.DeleteFunc([]string{b.Version, b.Revision, b.Go, b.Platform}, func(s string) bool { return s == "" }), " "),
		Processor: strings.TrimPrefix(fmt.Sprintf("%s, %d cores, kernels for %s", processor(), goruntime.NumCPU(), b.Instructions), ", "),
	}
	if a.input != nil {
		about.Files = append(about.Files, page.File{Path: "stdin", SHA256: hexSum(a.input)})
	}
	seen := map[string]bool{"": true, dash: true}
	for _, path := range a.read {
		if info, err := os.Stat(path); seen[path] || err != nil || !info.Mode().IsRegular() {
			continue
		}
		seen[path] = true
		sum := sha256.New()
		if err := addFile(sum, path); err != nil {
			return about, err
		}
		about.Files = append(about.Files, page.File{Path: path, SHA256: hex.EncodeToString(sum.Sum(nil))})
	}
	return about, nil
}

func hexSum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// addFile adds the bytes of the file at path to a sum.
func addFile(sum io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(sum, f)
	return err
}

// writePage writes a web page with this title above.
func (a *app) writePage(ctx context.Context, path, title string, page func(w io.Writer, about page.About) error) error {
	about, err := a.about(title)
	if err != nil {
		return err
	}
	return a.write(ctx, path, func(w io.Writer) error { return page(w, about) })
}

// commandLine is what was typed, with quotes where a shell needs them.
func commandLine(args []string) string {
	words := []string{"mixconv"}
	for _, arg := range args {
		if arg == "" || strings.ContainsAny(arg, " \t\n\"'\\$`!*?[](){}<>|&;#~") {
			arg = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
		words = append(words, arg)
	}
	return strings.Join(words, " ")
}
