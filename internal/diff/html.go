package diff

import (
	_ "embed"
	"io"

	"github.com/mixconv/mixconv/internal/page"
)

//go:embed diff.html
var diffText string

var diffPage = page.Parse(diffText, nil)

// WriteHTML writes the result as a page of one file.
func (r *Result) WriteHTML(w io.Writer, about page.About) error {
	return page.Write(w, diffPage, about, r)
}
