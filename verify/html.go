package verify

import (
	_ "embed"
	"html/template"
	"io"
)

//go:embed report.html
var pageText string

var page = template.Must(template.New("report").Funcs(template.FuncMap{
	"plot": plotOf,
	"bars": Histogram.bars,
	"table": func(what string, list []Value) table {
		return table{what, list}
	},
	"percent": percent,
}).Parse(pageText))

// WriteHTML writes the report as a web page of one file, which refers to no
// other; model is the name in its heading.
func (r *Report) WriteHTML(w io.Writer, model string) error {
	return page.Execute(w, struct {
		Model string
		*Report
	}{model, r})
}

// table is a table of values under a heading.
type table struct {
	What string
	List []Value
}
