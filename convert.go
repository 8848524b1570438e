package mixconv

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/tf"
	"github.com/mixconv/mixconv/convert/torch"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/preprocess"
)

// The two forms of a mixed depthwise convolution, for ConvertOptions.MDConv.
const (
	Split = convert.Split // Split, one depthwise Conv per kernel size, Concat
	Fused = convert.Fused // one node, with its definition in the file
)

// Dynamic leaves a size open until a run.
const Dynamic = -1

// ConvertOptions say what Convert and ConvertTorch write. The zero value finds
// the network by itself, uses averages where there are some, and writes split
// form, dynamic batch, opset 17, batch norms folded.
type ConvertOptions struct {
	Model     string           // the network's name, or "" or "auto"
	Network   *convert.Network // one's own, in place of Model; for ConvertTorch
	Key       string           // of the dictionary with the weights, for ConvertTorch; "": the one that fits
	Prefix    string           // of the weights' names, for ConvertTorch; "": one that all have
	MDConv    convert.Form     // Split or Fused; "" is Split
	Epsilon   float32          // of the batch norms, for ConvertTorch; 0 is the network's own
	EMA       string           // exponential moving averages: "auto" (or ""), "on", "off"
	ImageSize int              // height and width, or Dynamic; 0 is what the source says, else 224
	Batch     int              // 0 and Dynamic leave it open
	Opset     int              // 13 to 28; 0 is 17
	KeepBN    bool             // keep batch norms as nodes
	Features  bool             // feature maps at strides 4 to 32 as outputs, in place of logits
	Labels    []string         // class names to store in the model

	// IgnoreArch takes Model though the file of weights says that they are
	// another network's, which has the same tensors and computes otherwise.
	IgnoreArch bool
	// Metadata is added to the model's; a value of "" leaves a key out. A model of
	// 1000 or 1001 classes says that pictures are prepared as the network's
	// authors do for ImageNet, but for what is said otherwise here or in a
	// config.json. Of another it says what these say, and nothing else but whose
	// preprocessing it is and for which size.
	Metadata map[string]string
	Limits   Limits
}

// Converted is a model and where it came from.
type Converted struct {
	*Model
	Network  convert.Network
	Averages bool     // the weights are averages of those of training's steps
	Files    []string // that were read, as paths

	// Of ConvertTorch:
	Key, Prefix string   // of the weights in their file; "" if they are all of it
	NamedBy     string   // what says which network it is
	Notes       []string // what the user should know
}

// Convert reads what TensorFlow trained, a checkpoint (its prefix or its
// folder), a SavedModel or a frozen GraphDef, and returns the ONNX model. Input
// "input" is [N,3,H,W], normalised as in training; output "logits" is
// [N,classes]. The network is found from the tensors' shapes.
func Convert(checkpoint string, o ConvertOptions) (*Converted, error) {
	s, err := tf.Load(checkpoint, tf.Options{Model: o.Model, EMA: o.EMA, Limits: o.Limits})
	if err != nil {
		return nil, err
	}
	return o.lower(checkpoint, source{network: s.Network, weights: s.Weights, size: s.ImageSize, sha256: s.SHA256, averages: s.Averages, files: s.Files})
}

// ConvertTorch reads what PyTorch trained: a folder of .npy files, an .npz,
// .pth or .safetensors file, or a folder as Hugging Face has it. The network is
// named, or the file or a config.json beside it says which it is, or it is the
// only one that has these tensors. Input and output are those of Convert.
func ConvertTorch(weights string, o ConvertOptions) (*Converted, error) {
	s, err := torch.Load(weights, torch.LoadOptions{
		Options: torch.Options{EMA: o.EMA, Key: o.Key, Prefix: o.Prefix, Limits: o.Limits},
		Model:   o.Model, Network: o.Network, Epsilon: o.Epsilon, IgnoreArch: o.IgnoreArch,
	})
	if err != nil {
		return nil, err
	}
	c, err := o.lower(weights, source{network: s.Network, weights: s.Weights, size: s.Network.Preprocessing.Size,
		sha256: s.SHA256, averages: s.Averages, key: s.Dictionary, prefix: s.Prefix, labels: s.Labels, described: s.Config != nil, files: s.Files})
	if err != nil {
		return nil, err
	}
	c.Key, c.Prefix, c.NamedBy, c.Notes = s.Dictionary, s.Prefix, s.NamedBy, s.Notes
	return c, nil
}

// ConvertRandom gives a network weights drawn from a seed, the same on every
// machine: for trying out a design before it is trained.
func ConvertRandom(n convert.Network, seed uint64, o ConvertOptions) (*Converted, error) {
	if err := n.Check(); err != nil {
		return nil, err
	}
	return o.lower(n.Name, source{network: n, weights: convert.Random(n, seed), size: n.Preprocessing.Size})
}

// source is what was read, from whichever trainer.
type source struct {
	network   convert.Network
	weights   convert.Weights
	size      int // height and width, 0 if it does not say
	sha256    string
	averages  bool
	key       string // and prefix: where the weights are in their file
	prefix    string
	labels    []string
	described bool // it says itself how pictures are prepared
	files     []string
}

// lower fills in defaults and what the model is to say of its source.
func (o ConvertOptions) lower(path string, s source) (*Converted, error) {
	labels := o.Labels
	if labels == nil {
		labels = s.labels
	}
	if len(labels) > 0 && len(labels) != s.network.Classes {
		return nil, fmt.Errorf("%d labels, the network has %d classes", len(labels), s.network.Classes)
	}
	if i := slices.IndexFunc(labels, func(label string) bool { return strings.Contains(label, "\n") }); i >= 0 {
		return nil, fmt.Errorf("label %d is %s, allowed is one line", i, errs.Quote(labels[i]))
	}
	metadata := map[string]string{
		convert.MetaSourceSHA256:   s.sha256,
		convert.MetaSourceAverages: strconv.FormatBool(s.averages),
		convert.MetaSourceKey:      s.key,
		convert.MetaSourcePrefix:   s.prefix,
		convert.MetaLabels:         strings.Join(labels, "\n"),
	}
	if s.sha256 == "" {
		metadata[convert.MetaSourceAverages] = "" // nothing was trained
	}
	o.preprocessing(&s, metadata)
	maps.Copy(metadata, o.Metadata)
	m, err := convert.Lower(s.network, s.weights, convert.Options{
		MDConv: o.MDConv, ImageSize: max(0, cmp.Or(o.ImageSize, s.size, 224)), Batch: max(0, o.Batch),
		Opset: o.Opset, KeepBN: o.KeepBN, Features: o.Features, Metadata: metadata,
	})
	if err == nil {
		err = checkPreprocessing(m)
	}
	if err != nil {
		return nil, errs.InFile(path, err)
	}
	return &Converted{Model: m, Network: s.network, Averages: s.averages, Files: s.files}, nil
}

// preprocessing leaves out of the metadata what nobody has said: how pictures
// are prepared for a network whose classes are not ImageNet's. Where Metadata
// says a part of it, whose it is and the size are known too.
func (o ConvertOptions) preprocessing(s *source, metadata map[string]string) {
	told := slices.ContainsFunc(preprocess.Keys, func(key string) bool { return o.Metadata[key] != "" })
	c, known := s.network.Classes, s.network.Naming == convert.Official || s.network.Preprocessing != (preprocess.Config{})
	if known && (c == 1000 || c == 1001 || s.described) {
		return // the network's authors, or a config.json, say it
	}
	for _, key := range preprocess.Keys {
		metadata[key] = ""
	}
	if !told {
		return
	}
	kind := preprocess.Torch
	if s.network.Naming == convert.Official {
		kind = preprocess.TensorFlow
	}
	metadata[preprocess.KeyKind] = string(kind)
	if size := cmp.Or(max(0, o.ImageSize), s.size); o.ImageSize != Dynamic && size > 0 {
		metadata[preprocess.KeySize] = strconv.Itoa(size)
	}
}

// checkPreprocessing reads what a model says of how pictures are prepared: what
// it does not say is taken to be usual.
func checkPreprocessing(m *Model) error {
	kind, told := m.Metadata(preprocess.KeyKind)
	if !told {
		return nil
	}
	usual := preprocess.ImageNet(preprocess.Kind(kind), 224).Metadata()
	_, err := preprocess.FromMetadata(func(key string) (string, bool) {
		if v, ok := m.Metadata(key); ok {
			return v, true
		}
		return usual[key], true
	})
	return err
}
