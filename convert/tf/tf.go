// Package tf reads MixNets that TensorFlow trained: checkpoints of version 2,
// the variables of a SavedModel, and frozen graphs. Load finds out which
// network it is, or checks that it is the one named, and returns its weights
// by role.
package tf

import (
	"errors"
	"fmt"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/tensor"
)

// Options says what to load.
type Options struct {
	Model  string // a network's name; "auto" or "" finds it from the tensors' shapes
	EMA    string // "auto" or "": averages where there are some; "on": they must be there; "off": never
	Limits limit.Limits
}

// Source is a network with its weights, and where they come from.
type Source struct {
	Network convert.Network
	Weights convert.Weights

	Averages      bool   // the weights are exponential moving averages
	TrainedParams int64  // elements that training learns: moments not counted
	ImageSize     int    // height and width that a graph asks for, 0 if it leaves them open
	SHA256        string // of the files that hold the weights: see Load

	Files []string // all that were read, as paths
}

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
// The SHA-256 that Load returns is, of a frozen graph, that of the file; of a
// checkpoint that of the .index file followed by all data shards in order.
func Load(path string, o Options) (*Source, error) {
	o.Limits = o.Limits.OrDefault()
	if o.EMA == "" {
		o.EMA = "auto"
	}
	if o.EMA != "auto" && o.EMA != "on" && o.EMA != "off" {
		return nil, fmt.Errorf("averages: %s, allowed auto, on and off", errs.Quote(o.EMA))
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
	return source, errs.InFile(s.name(), err)
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

func load(s store, candidates []convert.Network, ema string) (*Source, error) {
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
	source := &Source{
		Network: found.network, Weights: weights, Averages: found.averages,
		TrainedParams: found.network.TrainedParams(), SHA256: sum, Files: s.files(),
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
