package page_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mixconv/mixconv/internal/page"
)

// TestWrite: a page has its header, folds many files, escapes what comes from outside and
// refers to nothing.
func TestWrite(t *testing.T) {
	about := page.About{
		Title: "mixconv test <a>.onnx", Date: time.Date(2026, 12, 1, 12, 0, 0, 0, time.FixedZone("", 3600)),
		Version: "v1.2.3", Command: "mixconv test '<a>.onnx'", Processor: "a processor, kernels for avx2",
	}
	for i := range 9 {
		about.Files = append(about.Files, page.File{Path: fmt.Sprintf("%d.npy", i), SHA256: strings.Repeat(fmt.Sprint(i), 64)})
	}
	var b strings.Builder
	body := page.Parse(`{{define "body"}}<p>{{.}}</p>{{template "bar" 12.5}}{{end}}{{define "script"}}<script>let a = {{.}}</script>{{end}}`, nil)
	if err := page.Write(&b, body, about, "</script>"); err != nil {
		t.Fatal(err)
	}
	got := b.String()
	for _, want := range []string{
		"<title>mixconv test &lt;a&gt;.onnx</title>", "2026-12-01 11:00:00 UTC", "v1.2.3", "a processor, kernels for avx2",
		"prefers-color-scheme: dark", "<summary>3 more files</summary>", strings.Repeat("8", 64), "<p>&lt;/script&gt;</p>", `width="12.50"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if n := strings.Count(got, "</script>"); n != 1 {
		t.Errorf("%d ends of a script", n)
	}
	for _, outside := range []string{"http", "src=", "href=", "url(", "@import"} {
		if strings.Contains(got, outside) {
			t.Errorf("the page refers to another file: %q", outside)
		}
	}
}

// TestEmpty: what is not known has no line.
func TestEmpty(t *testing.T) {
	var b strings.Builder
	if err := page.Write(&b, page.Parse(`{{define "body"}}{{end}}`, nil), page.About{Title: "x"}, nil); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "<dt>") {
		t.Errorf("lines for what is not known:\n%s", &b)
	}
}
