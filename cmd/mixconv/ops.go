package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/mixconv/mixconv/onnx/mdconv"
	"github.com/mixconv/mixconv/ops"
	"github.com/spf13/cobra"
)

// operators is what ops prints.
type operators struct {
	Opsets    [2]int     `json:"opsets"` // of ai.onnx: first and last
	Operators []operator `json:"operators"`
}

type operator struct {
	Domain string `json:"domain"` // "" is ai.onnx
	Name   string `json:"name"`
	Since  []int  `json:"since"` // opsets that brought a version of it
}

func (a *app) opsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "ops",
		Short: "list the operators and versions supported",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			list := operators{Opsets: [2]int{ops.MinOpset, ops.MaxOpset}}
			for _, op := range ops.All() {
				list.Operators = append(list.Operators, operator{op.Domain, op.Name, op.Since})
			}
			for g := mdconv.MinGroups; g <= mdconv.MaxGroups; g++ {
				for _, same := range []bool{false, true} {
					list.Operators = append(list.Operators, operator{mdconv.Domain, mdconv.OpType(g, same), []int{mdconv.Version}})
				}
			}
			return a.print(list, list.text)
		},
	}
}

func (o operators) text(w io.Writer) {
	fmt.Fprintf(w, "ai.onnx, opsets %d to %d; versions by the opset that brought them\n", o.Opsets[0], o.Opsets[1])
	domain := ""
	for _, op := range o.Operators {
		if op.Domain != domain {
			domain = op.Domain
			fmt.Fprintln(w, domain)
		}
		fmt.Fprintf(w, "  %-20s %s\n", op.Name, strings.Trim(fmt.Sprint(op.Since), "[]"))
	}
}
