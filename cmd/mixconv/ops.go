package main

import (
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/verify/conform"
	"github.com/spf13/cobra"
)

// operators is what ops prints.
type operators struct {
	Opsets    [2]int             `json:"opsets"` // of ai.onnx: first and last
	Operators []conform.Operator `json:"operators"`
}

func (a *app) opsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "ops",
		Short: "list the operators and versions supported",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			report := conform.Recorded()
			return a.print(operators{[2]int{ops.MinOpset, ops.MaxOpset}, report.Coverage()}, report.WriteTable)
		},
	}
}
