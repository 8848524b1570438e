package runtime

import (
	"io/fs"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx"
)

// Load makes a session of the ONNX file at path. External data is read from the
// file's folder and nowhere else. The file stays open as long as the session is
// in use, which reads its weights when it packs them: see onnx.OpenFile.
func Load(path string, o Options) (_ *Session, err error) {
	defer explainPanic(path, &err)
	m, err := onnx.OpenFile(path, o.Limits)
	if err != nil {
		return nil, err
	}
	return New(m, o)
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
