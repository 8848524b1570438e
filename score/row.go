package score

import (
	"bufio"
	"encoding/json"
	"io"

	"github.com/mixconv/mixconv"
)

// Row is what is said of one picture: classes or values, or why there are none.
type Row struct {
	Key    string          `json:"key"`
	Top    []mixconv.Class `json:"top,omitempty"`    // likeliest first
	Values []float32       `json:"values,omitempty"` // logits, or features
	Error  string          `json:"error,omitempty"`
}

// Format writes rows to a file.
type Format struct {
	Name   string // as --format has it
	Ending string // of file names, such as .jsonl
	Write  func(w io.Writer, rows []Row, kind Kind) error
}

// JSONL writes a JSON object a line: key, and top, values or error.
var JSONL = Format{Name: "jsonl", Ending: ".jsonl", Write: writeJSONL}

func writeJSONL(w io.Writer, rows []Row, _ Kind) error {
	b := bufio.NewWriter(w)
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	for _, r := range rows {
		if err := enc.Encode(r); err != nil {
			return err
		}
	}
	return b.Flush()
}
