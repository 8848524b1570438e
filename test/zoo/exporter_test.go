package zoo

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/internal/testenv"
)

// file is an exported network, and what it was run with.
type file struct {
	Exporter string
	Path     string
	Nodes    int
	Runs     []run
}

// run names two archives: an input with what must come out, and what comes out
// of ONNX Runtime, "" if it cannot run the file.
type run struct{ Want, ORT string }

// exporter is a script that stays alive: importing PyTorch takes longer than
// most networks.
type exporter struct {
	cmd     *exec.Cmd
	folder  string
	in      io.WriteCloser
	answers *bufio.Reader
}

// exporters are those that run, by script.
type exporters map[string]*exporter

// of returns the exporter for a network, started if need be. TensorFlow lives in
// an environment of its own.
func (all exporters) of(t *testing.T, n Network) *exporter {
	t.Helper()
	script, variable := "export.py", "MIXCONV_PYTHON"
	if n.Library == "keras" {
		script, variable = "export_keras.py", "MIXCONV_KERAS_PYTHON"
	}
	if all[script] == nil {
		python := os.Getenv(variable)
		if python == "" {
			testenv.Missing(t, "python", variable+" is not set: make test-zoo sets it")
		}
		e, err := start(python, script)
		if err != nil {
			t.Fatal(err)
		}
		all[script] = e
	}
	return all[script]
}

func start(python, script string) (*exporter, error) {
	folder, err := os.MkdirTemp("", "zoo")
	if err != nil {
		return nil, err
	}
	e := &exporter{cmd: exec.Command(python, script, filepath.Join(folder, "files")), folder: folder}
	in, inErr := e.cmd.StdinPipe()
	out, outErr := e.cmd.StdoutPipe()
	log, logErr := os.Create(filepath.Join(folder, "log"))
	e.cmd.Stderr = log
	if err := errors.Join(inErr, outErr, logErr, e.cmd.Start()); err != nil {
		return nil, err
	}
	e.in, e.answers = in, bufio.NewReader(out)
	return e, nil
}

// stop ends all. What they said beside their answers is shown of those that
// failed.
func (all exporters) stop(t *testing.T) {
	t.Helper()
	for script, e := range all {
		if err := errors.Join(e.in.Close(), e.cmd.Wait()); err != nil {
			log, _ := os.ReadFile(filepath.Join(e.folder, "log"))
			t.Errorf("%s: %v\n%s", script, err, log)
		}
		if err := os.RemoveAll(e.folder); err != nil {
			t.Error(err)
		}
	}
}

// export has the network's files written in place of the last one's.
func (e *exporter) export(n Network) ([]file, error) {
	if _, err := fmt.Fprintln(e.in, n.Line); err != nil {
		return nil, err
	}
	line, err := e.answers.ReadBytes('\n')
	if err != nil {
		return nil, err
	}
	var answer struct {
		Error string
		Files []file
	}
	if err := json.Unmarshal(line, &answer); err != nil {
		return nil, err
	}
	if answer.Error != "" {
		return nil, errors.New(strings.ReplaceAll(answer.Error, "\n", " "))
	}
	return answer.Files, nil
}
