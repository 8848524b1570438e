package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/regular"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/score"
)

// record is a file of answers, a JSON object a line, the first of which says what they
// are answers to. A line that a killed run left unfinished is dropped.
type record struct {
	have map[string]evaluated // by file
	file *os.File             // nil: nothing is recorded
}

// recordHeader is a record's first line. Answers of another model, or of pictures that
// were prepared otherwise, are none of this run.
type recordHeader struct {
	Version    int               `json:"mixconv_eval"`
	Model      string            `json:"model_sha256"`
	Preprocess map[string]string `json:"preprocess"`
}

// openRecord reads a record, or begins one; path "" is for none.
func openRecord(path string, header recordHeader) (*record, error) {
	r := &record{have: map[string]evaluated{}}
	if path == "" {
		return r, nil
	}
	var good int64
	if _, err := os.Stat(path); err == nil {
		data, err := regular.Read(path, limit.Default().FileBytes)
		if err != nil {
			return nil, err
		}
		good, err = r.read(data, header)
		if err == nil && good == 0 && !beginsLike(data, header) {
			err = errs.Format("line 1", noRecord)
		}
		if err != nil {
			return nil, errs.InFile(path, err)
		}
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	r.file = file
	if err := file.Truncate(good); err != nil {
		return nil, err
	}
	if _, err := file.Seek(good, 0); err != nil {
		return nil, err
	}
	if good == 0 {
		return r, r.write(header)
	}
	return r, nil
}

const noRecord = "no record of mixconv eval: name another file, or one that does not exist yet"

// beginsLike reports whether data is a header that a killed run left unfinished: anything
// else is somebody's file, and stays.
func beginsLike(data []byte, header recordHeader) bool {
	line, err := json.Marshal(header)
	return err == nil && bytes.HasPrefix(line, data)
}

// read takes the answers of data, and returns how many bytes are whole lines.
func (r *record) read(data []byte, header recordHeader) (good int64, err error) {
	for number := 1; ; number++ {
		line, rest, whole := bytes.Cut(data, []byte("\n"))
		if !whole {
			return good, nil
		}
		if number == 1 {
			var was recordHeader
			if err := json.Unmarshal(line, &was); err != nil || was.Version != header.Version {
				return 0, errs.Format("line 1", noRecord)
			}
			if was.Model != header.Model || !maps.Equal(was.Preprocess, header.Preprocess) {
				return 0, errs.Format("line 1", "answers of another model, or of pictures that were prepared otherwise: name another file")
			}
		} else {
			var e evaluated
			if err := json.Unmarshal(line, &e); err != nil || !e.valid() {
				return 0, errs.Format(fmt.Sprintf("line %d", number), "no answer of mixconv eval: take the line out, or name another file")
			}
			if e.Error == "" { // what failed is tried again
				r.have[e.File] = e
			}
		}
		good += int64(len(line)) + 1
		data = rest
	}
}

// add appends an answer.
func (r *record) add(e evaluated) error {
	if r.file == nil {
		return nil
	}
	return r.write(e)
}

func (r *record) write(value any) error {
	line, err := json.Marshal(value)
	if err == nil {
		_, err = r.file.Write(append(line, '\n'))
	}
	return err
}

func (r *record) close() {
	if r.file != nil {
		r.file.Close()
	}
}

// modelSum identifies a model by the SHA-256 of its file and of its external data.
func (a *app) modelSum(path string, m *onnx.Model) (string, error) {
	if path == dash {
		return hexSum(a.input), nil
	}
	return score.SumModel(path, m)
}
