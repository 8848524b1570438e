package verify

import (
	"html/template"
	"io"
	"math"
)

// WriteHTML writes the report as a web page of one file; model is the name in
// its heading.
func (r *Report) WriteHTML(w io.Writer, model string) error {
	return page.Execute(w, struct {
		Model string
		*Report
	}{model, r})
}

// bar is the width in percent of the bar that shows a relative difference on
// a logarithmic scale from 1e-9 to 1.
func bar(rel Number) int {
	if !finite(float64(rel)) {
		return 100
	}
	return int(100 * max(0, min(1, (math.Log10(float64(rel))+9)/9)))
}

var page = template.Must(template.New("report").Funcs(template.FuncMap{"bar": bar}).Parse(`<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>mixconv verify {{.Model}}</title>
<style>
body { font: 15px/1.4 sans-serif; margin: 2em; max-width: 70em }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .2em .8em .2em 0; border-bottom: 1px solid #ddd }
.bar { background: #4a7; height: .7em } .different .bar { background: #c33 }
.different { color: #c33 } td.scale { width: 12em }
</style>
<h1>{{.Model}}: {{if .Pass}}pass{{else}}<span class="different">different</span>{{end}}</h1>
{{range .References}}
<h2>{{.Name}}: {{if .Pass}}pass{{else}}<span class="different">different</span>{{end}}</h2>
<p>{{.Compared}} elements compared, largest difference {{.MaxAbs}}, {{.MaxRel}} of the largest reference value{{with .FirstDifferent}}; first different: {{.}}{{end}}.</p>
<table>
<tr><th>value<th>shape<th>max |a−b|<th>of max |ref|<th>1e-9 … 1<th>NaN<th>
{{range .Values}}<tr{{if not .Pass}} class="different"{{end}}><td>{{.Name}}<td>{{.Shape}}<td>{{.MaxAbs}}<td>{{.MaxRel}}<td class="scale"><div class="bar" style="width: {{bar .MaxRel}}%"></div><td>{{.NaN}}<td>{{.Note}}
{{end}}</table>
{{with .OnlyReference}}<p>Only in the reference: {{range .}}{{.}} {{end}}</p>{{end}}
{{with .OnlyModel}}<p>Only in the model: {{range .}}{{.}} {{end}}</p>{{end}}
{{end}}
</html>
`))
