package verify

import (
	_ "embed"
	"html/template"
	"io"

	"github.com/mixconv/mixconv/internal/page"
)

//go:embed report.html
var reportText string

var reportPage = page.Parse(reportText, template.FuncMap{
	"plot":   plotOf,
	"bars":   Histogram.bars,
	"places": Ranking.places,
	"table": func(what string, list []Value) table {
		return table{what, list}
	},
	"percent": percent,
})

// About says in the page's header where the page is from: title, date, version, command
// line, processor and input files.
type About = page.About

// WriteHTML writes the report as a web page of one file, which refers to no other.
func (r *Report) WriteHTML(w io.Writer, about About) error {
	return page.Write(w, reportPage, about, r)
}

// table is a table of values under a heading.
type table struct {
	What string
	List []Value
}

// place is what both sides have at one rank.
type place struct {
	Rank                      int
	Model, ModelShare         string
	Reference, ReferenceShare string
	Same                      bool
}

// places pairs a Ranking's classes.
func (r Ranking) places() []place {
	var list []place
	for i := range max(len(r.Model), len(r.Reference)) {
		p := place{Rank: i + 1}
		if i < len(r.Model) {
			p.Model, p.ModelShare = r.Model[i].class(), r.Model[i].share()
		}
		if i < len(r.Reference) {
			p.Reference, p.ReferenceShare = r.Reference[i].class(), r.Reference[i].share()
		}
		p.Same = p.Model == p.Reference
		list = append(list, p)
	}
	return list
}
