package runtime

import (
	"io/fs"

	"github.com/mixconv/mixconv/onnx"
)

// Load makes a session of the ONNX file at path. External data is read from the
// file's folder and nowhere else. The file stays open as long as the session is
// in use, which reads its weights when it packs them: see onnx.OpenFile.
func Load(path string, o Options) (*Session, error) {
	m, err := onnx.OpenFile(path, o.Limits)
	if err != nil {
		return nil, err
	}
	return New(m, o)
}

// LoadFS makes a session of the ONNX file called name in a file system, such as
// an embed.FS. External data is read from below the file's folder there.
func LoadFS(fsys fs.FS, name string, o Options) (*Session, error) {
	m, err := onnx.ReadFS(fsys, name, o.Limits)
	if err != nil {
		return nil, err
	}
	return New(m, o)
}

// LoadBytes makes a session of an ONNX file's bytes, such as a go:embed
// variable. They cannot have external data, and are not used afterwards.
func LoadBytes(data []byte, o Options) (*Session, error) {
	m, err := onnx.Decode("", data, o.Limits)
	if err != nil {
		return nil, err
	}
	return New(m, o)
}
