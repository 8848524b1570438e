package main

import (
	"fmt"
	"io"
	goruntime "runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/runtime"
	"github.com/spf13/cobra"
)

// release is the version that this source becomes, as CHANGELOG.md has it.
const release = "v0.1.0"

// build describes this program.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"` // of the source, "+" behind it if changed
	Go       string `json:"go"`
	Platform string `json:"platform"`
	// Instructions are those of the engine's kernels on this machine.
	Instructions string `json:"instruction_set"`
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "print version, platform and instruction set",
		Args:  noArguments,
		RunE:  func(*cobra.Command, []string) error { return a.version() },
	}
}

func (a *app) version() error {
	b := thisBuild()
	return a.print(b, func(w io.Writer) {
		words := []string{"mixconv", b.Version, b.Revision, b.Go, b.Platform, b.Instructions}
		fmt.Fprintln(w, strings.Join(slices.DeleteFunc(words, func(s string) bool { return s == "" }), " "))
	})
}

func thisBuild() build {
	b := build{
		Version: release, Go: goruntime.Version(), Platform: goruntime.GOOS + "/" + goruntime.GOARCH,
		Instructions: runtime.InstructionSet(),
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	modified := ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			if s.Value == "true" {
				modified = "+"
			}
		}
	}
	b.Revision += modified
	return b
}
