package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/mixconv/mixconv/limit"
	"github.com/spf13/cobra"
)

// limits is what limits prints with --json: the names are those of limit.Limits.
type limits struct {
	FileBytes      int64 `json:"file_bytes"`
	TensorBytes    int64 `json:"tensor_bytes"`
	TotalBytes     int64 `json:"total_bytes"`
	Messages       int   `json:"messages"`
	Depth          int   `json:"depth"`
	Subgraphs      int   `json:"subgraphs"`
	Nodes          int   `json:"nodes"`
	Iterations     int   `json:"iterations"`
	NameBytes      int   `json:"name_bytes"`
	Pixels         int64 `json:"pixels"`
	LoadOperations int64 `json:"load_operations"`
	FoldOperations int64 `json:"fold_operations"`
	FoldBytes      int64 `json:"fold_bytes"`
}

func (a *app) limitsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "limits",
		Short: "print what one input may ask for",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			l := limits(limit.Default())
			return a.print(l, l.text)
		},
	}
}

func (l limits) text(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range []struct {
		value int64
		what  string
	}{
		{l.FileBytes, "bytes read of one file"},
		{l.TensorBytes, "bytes of one tensor, and of one value during a run"},
		{l.TotalBytes, "bytes that one model, checkpoint or run may hold in all"},
		{int64(l.Messages), "protobuf messages in one file"},
		{int64(l.Depth), "nesting of protobuf messages"},
		{int64(l.Subgraphs), "nesting of graphs in attributes"},
		{int64(l.Nodes), "nodes after inlining functions"},
		{int64(l.Iterations), "iterations of one Loop"},
		{int64(l.NameBytes), "bytes of one name"},
		{l.Pixels, "pixels of one picture"},
		{l.LoadOperations, "operations on elements of loading a model, and 8 for each byte of its constants"},
		{l.FoldOperations, "operations of computing constants from constants, and 8 for each such byte"},
		{l.FoldBytes, "bytes of constants computed from constants, and 4 for each such byte"},
	} {
		fmt.Fprintf(t, "%s\t%s\n", thousands(row.value), row.what)
	}
	t.Flush()
}
