//go:build man

package main

import (
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// The tag man adds a command that release/build.sh runs. It is in no other build: what
// formats the pages would make each program larger.
func init() {
	extraCommands = append(extraCommands, func(a *app) *cobra.Command {
		return &cobra.Command{
			Use:    "man FOLDER",
			Short:  "write the manual's pages",
			Hidden: true,
			Args:   oneArgument,
			RunE: func(cmd *cobra.Command, args []string) error {
				if err := os.MkdirAll(args[0], 0o777); err != nil {
					return err
				}
				root := cmd.Root()
				root.DisableAutoGenTag = true
				return doc.GenManTree(root, &doc.GenManHeader{Section: "1", Source: "mixconv " + release, Manual: "mixconv"}, args[0])
			},
		}
	})
}
