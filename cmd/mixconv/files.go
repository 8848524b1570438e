package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/atomicfile"
	"github.com/mixconv/mixconv/internal/filetype"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/npy"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/tensor"
)

// dash is the path that means stdin or stdout.
const dash = "-"

// readModel reads the ONNX model at path or on stdin.
func (a *app) readModel(path string) (*onnx.Model, error) {
	return a.model(path, onnx.ReadFile)
}

// openModel is readModel for somebody who only runs the model.
func (a *app) openModel(path string) (*onnx.Model, error) { return a.model(path, onnx.OpenFile) }

func (a *app) model(path string, read func(string, limit.Limits) (*onnx.Model, error)) (*onnx.Model, error) {
	if path != dash {
		m, err := read(path, limit.Limits{})
		if err == nil {
			a.read = append(append(a.read, path), m.DataFiles()...)
		}
		return m, err
	}
	data, err := a.readStdin()
	if err != nil {
		return nil, err
	}
	return onnx.Decode("stdin", data, limit.Limits{})
}

// readStdin returns all that comes on stdin, whenever it is called.
func (a *app) readStdin() ([]byte, error) {
	if a.input != nil {
		return a.input, nil
	}
	most := limit.Default().FileBytes
	data, err := io.ReadAll(io.LimitReader(a.stdin, most+1))
	if err != nil {
		return nil, fmt.Errorf("stdin: %w", err)
	}
	if int64(len(data)) > most {
		return nil, fmt.Errorf("stdin: more than %d bytes", most)
	}
	a.input = data
	return data, nil
}

// readArrays reads a .npz, or a .npy as the one array of the name only, at path
// or on stdin.
func (a *app) readArrays(path, only string) (map[string]*tensor.Tensor, error) {
	if path != dash {
		a.read = append(a.read, path)
		if filetype.OfFile(path).Kind != filetype.Npy {
			return npy.ReadArchive(path, limit.Limits{})
		}
		t, err := npy.ReadFile(path, limit.Limits{})
		return map[string]*tensor.Tensor{only: t}, err
	}
	data, err := a.readStdin()
	if err != nil {
		return nil, err
	}
	if filetype.OfBytes(data).Kind == filetype.Npy {
		t, err := npy.Read("stdin", data, limit.Limits{})
		return map[string]*tensor.Tensor{only: t}, err
	}
	arrays, err := npy.DecodeArchive(bytes.NewReader(data), int64(len(data)), limit.Limits{})
	return arrays, errs.InFile("stdin", err)
}

// write fills the file at path, whole or not at all, or writes to stdout.
func (a *app) write(ctx context.Context, path string, fill func(io.Writer) error) error {
	if err := a.checkOutput(path); err != nil {
		return err
	}
	if path == dash {
		a.printed.Store(true)
		if err := fill(contextWriter{ctx, a.stdout}); err != nil {
			return fmt.Errorf("stdout: %w", err)
		}
		return nil
	}
	err := atomicfile.Write(path, func(w io.Writer) error {
		if err := fill(contextWriter{ctx, w}); err != nil {
			return err
		}
		return ctx.Err()
	})
	return namesPath(path, err)
}

// writeBytes writes data to the file at path, whole or not at all, or to stdout.
func (a *app) writeBytes(ctx context.Context, path string, data []byte) error {
	return a.write(ctx, path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// namesPath says which output could not be written, rather than which temporary
// file.
func namesPath(path string, err error) error {
	if err == nil {
		return nil
	}
	if e := (*os.PathError)(nil); errors.As(err, &e) {
		err = e.Err
	}
	if e := (*os.LinkError)(nil); errors.As(err, &e) {
		err = e.Err
	}
	return fmt.Errorf("%s cannot be written: %w", errs.Quote(path), err)
}

// contextWriter stops writing when its context ends.
type contextWriter struct {
	ctx context.Context
	w   io.Writer
}

func (c contextWriter) Write(p []byte) (int, error) {
	const piece = 1 << 20
	n := 0
	for n < len(p) {
		if err := c.ctx.Err(); err != nil {
			return n, err
		}
		m, err := c.w.Write(p[n:min(n+piece, len(p))])
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}
