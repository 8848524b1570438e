// Package page is the look that all HTML reports of mixconv share: one base template
// with a header, one stylesheet for light and dark, and small drawings as SVG. A page is
// one file, which refers to no other and to no network.
package page

import (
	_ "embed"
	"html/template"
	"io"
	"time"
)

// About says in a page's header where the page is from. What is empty is left out.
type About struct {
	Title     string
	Date      time.Time
	Version   string // of mixconv
	Command   string // the command line
	Processor string // with its instruction set
	Files     []File // that the command has read
}

// File is an input of the command.
type File struct {
	Path   string
	SHA256 string // in hexadecimal
}

//go:embed base.html
var baseText string

//go:embed style.css
var styleText string

// Style is the stylesheet of all pages, for one that is made of several files.
func Style() string { return styleText }

// Parse returns the template of one kind of page. The text defines "body"; it may define
// "script", JavaScript that works without a network, and use "bar", a bar in a table's
// cell whose data is its share of the longest in percent.
func Parse(text string, funcs template.FuncMap) *template.Template {
	t := template.New("page").Funcs(template.FuncMap{
		"style": func() template.CSS { return template.CSS(styleText) },
	}).Funcs(funcs)
	return template.Must(template.Must(t.Parse(baseText)).Parse(text))
}

// Write fills a template that Parse made.
func Write(w io.Writer, t *template.Template, about About, data any) error {
	return t.ExecuteTemplate(w, "page", struct {
		About About
		Data  any
	}{about, data})
}

// When is the date as the header has it.
func (a About) When() string {
	if a.Date.IsZero() {
		return ""
	}
	return a.Date.UTC().Format("2006-01-02 15:04:05 UTC")
}

// mostFiles is how many files the header shows; more are folded.
const mostFiles = 6

// FewFiles are the files that the header shows at once.
func (a About) FewFiles() []File { return a.Files[:min(mostFiles, len(a.Files))] }

// MoreFiles are the files that the header folds.
func (a About) MoreFiles() []File { return a.Files[min(mostFiles, len(a.Files)):] }
