package verify

import (
	"bufio"
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/npy"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/runtime"
)

// peerScript times another engine; it imports what script has.
//
//go:embed peer.py
var peerScript []byte

// Peer is another engine that has loaded a model in a process of its own, to be timed in
// turns with a Session.
type Peer struct {
	Name            string
	Version         string
	LoadMS, FirstMS float64         // of its session and of its first run
	Outputs         runtime.Tensors // of the first run; those that are numbers

	python string
	folder string
	cmd    *exec.Cmd
	turns  io.WriteCloser
	lines  *bufio.Reader
	stderr tail
	ended  error // of the process, once that has been waited for
}

// peerLine is a line that the script prints.
type peerLine struct {
	reply
	Version string  `json:"version"`
	LoadMS  float64 `json:"load_ms"`
	FirstMS float64 `json:"first_ms"`
	NS      []int64 `json:"ns"`
}

// StartORT loads m in ONNX Runtime, by the Python that l names, and runs it once. l.File
// is the file that m came from, "" if there is none. The process ends with ctx and by
// Close. That Python or ONNX Runtime cannot be had, or cannot run the model, is an
// UnavailableError.
func StartORT(ctx context.Context, l Live, m *onnx.Model, in runtime.Tensors, threads int) (*Peer, error) {
	python := findPython(l.Python)
	if python == "" {
		return nil, noPython(kindORT, kindORT, l.Python)
	}
	folder, err := os.MkdirTemp("", "mixconv-bench-")
	if err != nil {
		return nil, err
	}
	p := &Peer{Name: kindORT, python: python, folder: folder}
	q := request{Kind: kindORT, Threads: threads, Model: l.File}
	if q.Model == "" {
		q.Model, err = writeModel(m, folder)
	}
	if err == nil {
		err = q.write(folder, in)
	}
	if err == nil {
		if err = p.start(ctx, python); err != nil {
			err = notRun(ctx, kindORT, err)
		}
	}
	if err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// start runs the script up to its first line.
func (p *Peer) start(ctx context.Context, python string) error {
	file := filepath.Join(p.folder, "peer.py")
	if err := cmp.Or(os.WriteFile(file, peerScript, 0o600), os.WriteFile(filepath.Join(p.folder, "reference.py"), script, 0o600)); err != nil {
		return err
	}
	cmd := command(ctx, python, file, p.folder)
	cmd.Stderr = &p.stderr
	turns, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	answers, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	p.cmd, p.turns, p.lines = cmd, turns, bufio.NewReader(answers)
	line, err := p.read()
	if err != nil {
		return err
	}
	if err := (&live{kind: kindORT, name: kindORT, python: python}).failure(line.reply); err != nil {
		return err
	}
	p.Version, p.LoadMS, p.FirstMS = line.Version, line.LoadMS, line.FirstMS
	arrays, err := npy.ReadArchive(filepath.Join(p.folder, "answer.npz"), limit.Limits{})
	if err != nil {
		return err
	}
	p.Outputs = line.values(arrays)
	return nil
}

// read reads the script's next line.
func (p *Peer) read() (line peerLine, err error) {
	if p.ended != nil {
		return line, p.ended
	}
	data, err := p.lines.ReadBytes('\n')
	if err != nil { // what it has to say comes at its end
		p.turns.Close()
		if p.ended = p.cmd.Wait(); p.ended == nil {
			p.ended = errors.New("ended without an answer")
		}
		p.ended = fmt.Errorf("%s: %w%s", errs.Quote(p.python), p.ended, p.stderr.lastLine())
		return line, p.ended
	}
	if err := json.Unmarshal(data, &line); err != nil {
		return line, fmt.Errorf("%s said %s: %w", errs.Quote(p.python), errs.Quote(string(data[:min(len(data), 100)])), err)
	}
	return line, nil
}

// Turn makes runs, after one that does not count, and returns the time of each.
func (p *Peer) Turn(ctx context.Context, runs int) ([]time.Duration, error) {
	fmt.Fprintln(p.turns, runs) // if the process has ended, read says how
	line, err := p.read()
	if err == nil && len(line.NS) != runs {
		err = fmt.Errorf("%d times of %d runs", len(line.NS), runs)
	}
	if err != nil {
		return nil, notRun(ctx, kindORT, err)
	}
	times := make([]time.Duration, runs)
	for i, ns := range line.NS {
		times[i] = time.Duration(ns)
	}
	return times, nil
}

// Difference is the largest difference of outputs from the peer's, by the largest value
// of the peer's output: infinite where one cannot be compared or is no number, NaN if
// nothing can be compared.
func (p *Peer) Difference(out runtime.Tensors) Number {
	most := math.NaN()
	for name, want := range p.Outputs {
		got := out[name]
		if got == nil {
			continue
		}
		v := Compare(name, got, want, DefaultTolerance)
		rel := float64(v.MaxRel)
		if v.NaN > 0 {
			rel = math.Inf(1)
		}
		if !(rel <= most) {
			most = rel
		}
	}
	return Number(most)
}

// Close ends the process and removes its files.
func (p *Peer) Close() {
	if p.cmd != nil && p.ended == nil {
		p.turns.Close()
		p.cmd.Process.Kill()
		p.ended = cmp.Or(p.cmd.Wait(), os.ErrProcessDone)
	}
	os.RemoveAll(p.folder)
}
