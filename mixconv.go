package mixconv

import (
	"io/fs"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
)

// What an app needs of the packages below.
type (
	// Session is a model ready to run; see its methods Run and RunInto.
	Session = runtime.Session
	// Options choose engine, threads, layers, limits and context of a Session.
	Options = runtime.Options
	// Tensors are inputs or outputs by name.
	Tensors = runtime.Tensors
	// Tensor is a dense array in row-major order.
	Tensor = tensor.Tensor
	// Model is an ONNX model; WriteFile and Encode store it.
	Model = onnx.Model
	// Limits bounds what one file may ask for.
	Limits = limit.Limits
	// FormatError says that a file is broken, and where.
	FormatError = errs.FormatError
	// UnsupportedError lists all that a file asks for and this program lacks.
	UnsupportedError = errs.UnsupportedError
	// InternalError says that mixconv itself failed, and where; %+v has the stack.
	InternalError = errs.InternalError
)

// The engines, for Options.Engine.
const (
	Planned   = runtime.Planned
	Reference = runtime.Reference
)

// NewTensor wraps float32 data, in row-major order, without copying. It panics
// if the length is not the shape's.
func NewTensor(data []float32, shape ...int) *Tensor { return tensor.Of(data, shape...) }

// Floats returns the elements of a float32 tensor, shared with it. It panics
// for other types.
func Floats(t *Tensor) []float32 { return tensor.Data[float32](t) }

// Load opens an ONNX file. External data is read from the file's folder and
// nowhere else. The Session reads its weights when it packs them, out of a file that
// is mapped and not open: write a new model to a new file and rename it, not into
// this one. Session.Close gives everything back at once; nothing has to be closed.
func Load(path string, o Options) (*Session, error) { return runtime.Load(path, o) }

// LoadBytes reads an ONNX model from memory, such as a go:embed variable. It
// cannot have external data.
func LoadBytes(data []byte, o Options) (*Session, error) { return runtime.LoadBytes(data, o) }

// LoadFS reads an ONNX file, and its external data, from a file system.
func LoadFS(fsys fs.FS, name string, o Options) (*Session, error) {
	return runtime.LoadFS(fsys, name, o)
}

// LoadModel makes a session of a model in memory, such as tf.Convert returns.
func LoadModel(m *Model, o Options) (*Session, error) { return runtime.New(m, o) }
