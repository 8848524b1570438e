// Package mixconv runs image networks from ONNX files in pure Go, and makes
// such files out of TensorFlow checkpoints of MixNet.
//
// Load gives a Session, which is immutable and shared by goroutines:
//
//	session, err := mixconv.Load("mixnet-s.onnx", mixconv.Options{Threads: 2})
//	out, err := session.Run(ctx, mixconv.Tensors{"input": picture})
//
// Convert reads a checkpoint without Python and returns the model that a
// Session runs or a file keeps. It is a thin face: package runtime has the
// engines, package convert the networks, package onnx the file format, and
// package verify the comparison with what the trainer computed.
//
// A broken file is a *FormatError, one that is right but asks for what is not
// implemented an *UnsupportedError; use errors.As. No input makes it panic.
package mixconv

import (
	"fmt"
	"io/fs"
	"maps"
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/tf"
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
	// Options choose engine, threads, outputs and limits of a Session.
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

// Load reads an ONNX file. External data is read from the file's folder and
// nowhere else.
func Load(path string, o Options) (*Session, error) {
	m, err := onnx.ReadFile(path, o.Limits)
	if err != nil {
		return nil, err
	}
	return runtime.New(m, o)
}

// LoadBytes reads an ONNX model from memory, such as a go:embed variable. It
// cannot have external data.
func LoadBytes(data []byte, o Options) (*Session, error) {
	m, err := onnx.Decode("", data, o.Limits)
	if err != nil {
		return nil, err
	}
	return runtime.New(m, o)
}

// LoadFS reads an ONNX file, and its external data, from a file system.
func LoadFS(fsys fs.FS, path string, o Options) (*Session, error) {
	m, err := onnx.ReadFS(fsys, path, o.Limits)
	if err != nil {
		return nil, err
	}
	return runtime.New(m, o)
}

// LoadModel makes a session of a model in memory, such as Convert returns.
func LoadModel(m *Model, o Options) (*Session, error) { return runtime.New(m, o) }

// The two forms of a mixed depthwise convolution, for ConvertOptions.MDConv.
const (
	Split = convert.Split // Split, one depthwise Conv per kernel size, Concat
	Fused = convert.Fused // one node, with its definition in the file
)

// Dynamic leaves a size open until a run.
const Dynamic = -1

// ConvertOptions say what Convert writes. The zero value finds the network by
// its tensors, uses averages where there are some, and writes split form,
// 224×224, dynamic batch, opset 17, batch norms folded.
type ConvertOptions struct {
	Model     string       // "mixnet-s" … "mixnet-xxl", or "" or "auto"
	MDConv    convert.Form // Split or Fused; "" is Split
	EMA       string       // exponential moving averages: "auto" (or ""), "on", "off"
	ImageSize int          // height and width, or Dynamic; 0 is what a frozen graph asks for, else 224
	Batch     int          // 0 and Dynamic leave it open
	Opset     int          // 13 to 28; 0 is 17
	KeepBN    bool         // keep batch norms as nodes
	Labels    []string     // class names to store in the model
	// Metadata is added to the model's; a value of "" leaves a key out. Without
	// it a model of 1000 or 1001 classes says that pictures are prepared as the
	// official code does for ImageNet, and any other says nothing about that.
	Metadata map[string]string
	Limits   Limits
}

// Converted is a model and where it came from.
type Converted struct {
	*Model
	Network  convert.Network
	Averages bool // the weights are exponential moving averages
}

// Convert reads a TensorFlow checkpoint (its prefix, its folder, a SavedModel
// or a frozen GraphDef) and returns the ONNX model. Input "input" is
// [N,3,H,W], normalised as in training; output "logits" is [N,classes].
func Convert(checkpoint string, o ConvertOptions) (*Converted, error) {
	source, err := tf.Load(checkpoint, tf.Options{Model: o.Model, EMA: o.EMA, Limits: o.Limits})
	if err != nil {
		return nil, err
	}
	lowering, err := o.lowering(source)
	if err != nil {
		return nil, err
	}
	m, err := convert.Lower(source.Network, source.Weights, lowering)
	if err != nil {
		return nil, errs.InFile(checkpoint, err)
	}
	return &Converted{Model: m, Network: source.Network, Averages: source.Averages}, nil
}

// imageSize is what a network is converted for where nobody says otherwise.
const imageSize = 224

// lowering fills in defaults and what the model is to say of its source.
func (o ConvertOptions) lowering(s *tf.Source) (convert.Options, error) {
	if len(o.Labels) > 0 && len(o.Labels) != s.Network.Classes {
		return convert.Options{}, fmt.Errorf("%d labels, the network has %d classes", len(o.Labels), s.Network.Classes)
	}
	size := o.ImageSize
	switch {
	case size == Dynamic:
		size = 0
	case size == 0 && s.ImageSize > 0:
		size = s.ImageSize
	case size == 0:
		size = imageSize
	}
	metadata := map[string]string{
		convert.MetaSourceSHA256:   s.SHA256,
		convert.MetaSourceAverages: strconv.FormatBool(s.Averages),
		convert.MetaLabels:         strings.Join(o.Labels, "\n"),
	}
	if s.Network.Classes != 1000 && s.Network.Classes != 1001 {
		for _, key := range convert.PreprocessingKeys {
			metadata[key] = ""
		}
	}
	maps.Copy(metadata, o.Metadata)
	return convert.Options{
		MDConv: o.MDConv, ImageSize: size, Batch: max(0, o.Batch), Opset: o.Opset, KeepBN: o.KeepBN, Metadata: metadata,
	}, nil
}
