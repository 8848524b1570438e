package conform

import (
	_ "embed"
	"strings"
)

// recorded is how every case of onnx 1.22.0 came out: name, status, operators
// and the reason, between tabs. A test holds it against a run.
//
//go:embed recorded.tsv
var recorded string

// Recorded is the report of the run that this program was released with.
func Recorded() *Report {
	r := &Report{}
	for line := range strings.Lines(recorded) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		r.add(Case{Name: f[0], Status: Status(f[1]), Ops: strings.Split(f[2], " "), Reason: f[3]})
	}
	return r
}
