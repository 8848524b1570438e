package atomicfile

import (
	"io"
	"os"
	"path/filepath"
)

// Write calls fill with a temporary file in path's folder and renames it to
// path once everything is written and synced. On any error the temporary file is
// removed and what path held before stays. A path that is a symbolic link has its
// target replaced or made; a device or a pipe (such as /dev/null), and whatever a name
// such as /dev/stdout stands for, is written directly. What processes that were killed
// while they wrote to the folder have left there is removed.
func Write(path string, fill func(io.Writer) error) error {
	path, direct, err := target(path)
	if err != nil {
		return err
	}
	mode := os.FileMode(0o644)
	if info, err := os.Stat(path); err == nil {
		switch {
		case info.IsDir():
			return &os.PathError{Op: "write", Path: path, Err: os.ErrExist}
		case direct || !info.Mode().IsRegular():
			return writeDirectly(path, fill)
		}
		mode = info.Mode().Perm()
	}
	sweep(filepath.Dir(path))
	f, err := create(filepath.Dir(path))
	if err != nil {
		return err
	}
	// The lock says that somebody writes the file: it is renamed before it is closed
	// where the system can do that.
	err = write(f, mode, fill)
	if err == nil {
		err = rename(f, path)
	}
	if err != nil {
		f.Close() // a second Close after a failed one is harmless
		os.Remove(f.Name())
	}
	return err
}

func write(f *os.File, mode os.FileMode, fill func(io.Writer) error) error {
	if err := fill(f); err != nil {
		return err
	}
	if err := f.Chmod(mode); err != nil {
		return err
	}
	return f.Sync()
}

// writeDirectly writes to what path has been opened as already, if it is an output
// of this process: opened again, a file would be written from its start. Else it
// appends.
func writeDirectly(path string, fill func(io.Writer) error) error {
	switch path {
	case "/dev/stdout":
		return fill(os.Stdout)
	case "/dev/stderr":
		return fill(os.Stderr)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	if err := fill(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
