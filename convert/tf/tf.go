package tf

import (
	"encoding/binary"
	"errors"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/tensor"
)

// NoNetworkError says why tensors whose bytes are whole are not those of a
// network known here.
type NoNetworkError struct{ Err error }

func (e *NoNetworkError) Error() string { return e.Err.Error() }
func (e *NoNetworkError) Unwrap() error { return e.Err }

// TensorInfo describes a stored tensor.
type TensorInfo struct {
	Name  string
	Type  string
	Shape tensor.Shape
}

// Load reads the network at path: a checkpoint's prefix (or its .index file), a
// folder with a checkpoint or a SavedModel in it, or a frozen graph's .pb
// file. Every checksum in a checkpoint is verified, also those of tensors that
// the network does not need; where there is no network to load, the error is a
// NoNetworkError.
//
// The SHA-256 of the Source is, of a frozen graph, that of the file; of a
// checkpoint that of the .index file followed by all data shards in order.
func Load(path string, o convert.Options) (*convert.Source, error) {
	o, err := o.ForReading()
	if err != nil {
		return nil, err
	}
	candidates, err := candidates(o.Model)
	if err != nil {
		return nil, err
	}
	s, err := open(path, o.Limits)
	if err != nil {
		return nil, err
	}
	source, err := load(s, candidates, o.EMA)
	if e := (*NoNetworkError)(nil); errors.As(err, &e) {
		return nil, &NoNetworkError{errs.InFile(s.name(), e.Err)}
	}
	if err != nil {
		return nil, errs.InFile(s.name(), err)
	}
	source.Path = path
	return source, nil
}

// Convert reads what TensorFlow trained, as Load does, and returns the ONNX model.
// Its input "input" is [N,3,H,W], normalised as in training; its output "logits" is
// [N,classes].
func Convert(path string, o convert.Options) (*convert.Converted, error) {
	s, err := Load(path, o)
	if err != nil {
		return nil, err
	}
	return s.Convert(o)
}

// ListTensors lists what is stored at path, which is one that Load takes.
func ListTensors(path string, lim limit.Limits) ([]TensorInfo, error) {
	s, err := open(path, lim.OrDefault())
	if err != nil {
		return nil, err
	}
	var list []TensorInfo
	for _, v := range s.variables() {
		list = append(list, TensorInfo{Name: v.name, Type: v.typeName, Shape: v.shape})
	}
	return list, nil
}

// Tensor is a stored tensor with its elements.
type Tensor struct {
	TensorInfo
	Value *tensor.Tensor // nil if nothing here computes with the type
}

// ReadTensors reads all that is stored at path, which is one that Load takes, in
// TensorFlow's layout, and returns the paths of the files too. Every checksum in a
// checkpoint is verified.
func ReadTensors(path string, lim limit.Limits) (list []Tensor, files []string, err error) {
	s, err := open(path, lim.OrDefault())
	if err != nil {
		return nil, nil, err
	}
	vars := s.variables()
	for _, v := range vars {
		list = append(list, Tensor{TensorInfo: TensorInfo{Name: v.name, Type: v.typeName, Shape: v.shape}})
	}
	numbers := func(i int) bool {
		return vars[i].dtype != tensor.Undefined && vars[i].dtype != tensor.String && vars[i].dtype.Bits()%8 == 0
	}
	_, err = s.read(numbers, func(i int, data []byte) error {
		t := tensor.New(vars[i].dtype, vars[i].shape...)
		list[i].Value = t
		if n, err := binary.Decode(data, binary.LittleEndian, t.Data); err != nil || n != len(data) {
			return errs.Format("tensor "+errs.Quote(vars[i].name), "%d bytes, which are no %s%s", len(data), vars[i].typeName, vars[i].shape)
		}
		return nil
	})
	return list, s.files(), errs.InFile(s.name(), err)
}

// variable is a tensor as a source stores it.
type variable struct {
	name     string
	typeName string
	dtype    tensor.DType // Undefined if nothing here computes with it
	shape    tensor.Shape
}

// store is a file or a set of files with variables in it.
type store interface {
	variables() []variable
	// read passes the bytes (little-endian, row-major) of the variables that
	// want asks for, by their index, to visit, and returns the SHA-256.
	read(want func(i int) bool, visit func(i int, data []byte) error) (string, error)
	// graph is the graph that computes with the variables, nil if there is none.
	graph() *graphInfo
	// name is the store's in errors about what its tensors are.
	name() string
	// files are the paths of all files that belong to the store.
	files() []string
}

func load(s store, candidates []convert.Network, ema string) (*convert.Source, error) {
	vars := s.variables()
	found, err := find(s, vars, candidates, ema)
	if err != nil {
		// Broken files are no evidence of what network they are of.
		if _, broken := s.read(func(int) bool { return false }, nil); broken != nil {
			return nil, broken
		}
		return nil, err
	}
	weights, sum, err := readWeights(s, vars, found.network, found.roles, found.averages)
	if err != nil {
		return nil, err
	}
	source := &convert.Source{
		Network: found.network, Weights: weights,
		Origin: convert.Origin{Averages: found.averages, SHA256: sum, Files: s.files()},
	}
	if g := s.graph(); g != nil {
		source.ImageSize = g.imageSize
	}
	return source, nil
}

// finding is a network with the variables that fill its roles.
type finding struct {
	network  convert.Network
	roles    []role
	averages bool
}

// find finds the network among the candidates that the variables are of.
func find(s store, vars []variable, candidates []convert.Network, ema string) (*finding, error) {
	names, err := sortOut(vars)
	if err != nil {
		return nil, &NoNetworkError{err}
	}
	averages, err := names.useAverages(ema)
	if err != nil {
		return nil, err
	}
	tree, err := buildTree(names)
	if err != nil {
		return nil, &NoNetworkError{err}
	}
	network, roles, err := identify(tree, candidates)
	if err != nil {
		return nil, &NoNetworkError{err}
	}
	if g := s.graph(); g != nil {
		if err := g.compare(network, roles); err != nil {
			return nil, &NoNetworkError{errs.InFile(g.file, err)}
		}
	}
	return &finding{network, roles, averages}, nil
}
