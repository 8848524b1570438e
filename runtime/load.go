package runtime

import (
	"io/fs"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx"
)

// Load makes a session of the ONNX file at path. External data is read from the
// file's folder and nowhere else. The session reads weights when it packs them, out
// of a file that is mapped and not open: see onnx.OpenFile. A file that is written
// over before that is an error of the run that needs them; one that is replaced or
// removed does no harm. Whoever wants the memory back before the garbage collector
// takes it closes the session.
func Load(path string, o Options) (_ *Session, err error) {
	defer explainPanic(path, &err)
	m, err := onnx.OpenFile(path, o.Limits)
	if err != nil {
		return nil, err
	}
	s, err := New(m, o)
	if err != nil {
		m.Close()
		return nil, err
	}
	s.owned = true
	return s, nil
}

// Close waits for the runs that have begun, whose contexts may end them, and gives
// back the memory of plans and packed weights, and what Load holds of the file.
// Afterwards a run is an error. A second Close does nothing. Nothing has to be
// closed: a session that nobody uses any more is collected as any other memory.
func (s *Session) Close() error {
	s.scratch.close()
	s.cache.close()
	if s.owned {
		return s.model.Close()
	}
	return nil
}

// LoadFS makes a session of the ONNX file called name in a file system, such as
// an embed.FS. External data is read from below the file's folder there.
func LoadFS(fsys fs.FS, name string, o Options) (_ *Session, err error) {
	defer explainPanic(name, &err)
	m, err := onnx.ReadFS(fsys, name, o.Limits)
	if err != nil {
		return nil, err
	}
	return New(m, o)
}

// LoadBytes makes a session of an ONNX file's bytes, such as a go:embed
// variable. They cannot have external data, and are not used afterwards.
func LoadBytes(data []byte, o Options) (_ *Session, err error) {
	defer explainPanic("", &err)
	m, err := onnx.Decode("", data, o.Limits)
	if err != nil {
		return nil, err
	}
	return New(m, o)
}

// explainPanic makes an error of a panic while the model called name is loaded. It is
// deferred.
func explainPanic(name string, err *error) {
	if value := recover(); value != nil {
		*err = errs.InFile(name, errs.Internal(value))
	}
}
