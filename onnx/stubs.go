package onnx

import (
	"errors"
	"io"
	"io/fs"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
	"google.golang.org/protobuf/proto"
)

type dataFiles interface{}

var errTodo = errors.New("onnx: being written")

// Decode will scan and unmarshal.
func Decode(name string, data []byte, lim limit.Limits) (*Model, error) {
	m := &Model{Proto: &onnxpb.ModelProto{}, name: name, limits: lim.OrDefault()}
	return m, proto.Unmarshal(data, m.Proto)
}

// ReadFile is being written.
func ReadFile(path string, lim limit.Limits) (*Model, error) { return nil, errTodo }

// ReadFS is being written.
func ReadFS(fsys fs.FS, path string, lim limit.Limits) (*Model, error) { return nil, errTodo }

// Check is being written.
func (m *Model) Check() error { return nil }

// Tensor is being written.
func (m *Model) Tensor(tp *onnxpb.TensorProto) (*tensor.Tensor, error) { return nil, errTodo }

// NewTensor is being written.
func NewTensor(name string, t *tensor.Tensor) *onnxpb.TensorProto { return nil }

// Encode is being written.
func (m *Model) Encode() ([]byte, error) { return proto.Marshal(m.Proto) }

// WriteFile is being written.
func (m *Model) WriteFile(path string) error { return errTodo }

// Inline is being written.
func (m *Model) Inline(keep func(*onnxpb.FunctionProto) bool) (*Model, error) { return nil, errTodo }

// Dump is being written.
func (m *Model) Dump(w io.Writer) error { return errTodo }
