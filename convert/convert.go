package convert

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/metadata"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/preprocess"
)

// Source is a network with its weights, and what is known of both. tf.Load and
// torch.Load read one.
type Source struct {
	Network Network
	Weights Weights
	Origin

	ImageSize int      // height and width that a TensorFlow graph asks for; 0: it leaves them open
	Labels    []string // names of the classes
	Prepared  bool     // Network.Preprocessing is what the weights' own files say
}

// Origin says where weights come from.
type Origin struct {
	Path     string   // that was asked for; a network's name where nothing was read
	SHA256   string   // of the files that hold the weights; "" for random ones
	Averages bool     // the weights are averages of those of training's steps
	Files    []string // all that were read, as paths

	// Of PyTorch's weights.

	Key     string   // of the dictionary that they are in; "" if they are all of the file
	Prefix  string   // that stood before every name and was cut, such as "module."
	NamedBy string   // what says which network it is: --model, or where the file does, or the tensors
	Notes   []string // what the user should know
}

// Converted is an ONNX model and where it came from.
type Converted struct {
	*onnx.Model
	Network Network
	Origin
}

// RandomModel gives a network the weights that Random draws and converts it: for
// trying out a design before it is trained.
func RandomModel(n Network, seed uint64, o Options) (*Converted, error) {
	if err := n.Check(); err != nil {
		return nil, err
	}
	s := &Source{Network: n, Weights: Random(n, seed), Origin: Origin{Path: n.Name}}
	return s.Convert(o)
}

// Convert returns the ONNX model of s: what Lower makes of its network, with
// metadata that say where the weights come from.
//
// A model of 1000 or 1001 classes says that pictures are prepared as the network's
// authors do for ImageNet, unless o.Metadata or the weights' own files say otherwise.
// Of another it says what these say, and nothing else but whose preprocessing it is
// and for which size.
func (s *Source) Convert(o Options) (*Converted, error) {
	if o.Labels == nil {
		o.Labels = s.Labels
	}
	if err := o.checkLabels(s.Network); err != nil {
		return nil, err
	}
	own := map[string]string{
		metadata.SourceSHA256:   s.SHA256,
		metadata.SourceAverages: strconv.FormatBool(s.Averages),
		metadata.SourceKey:      s.Key,
		metadata.SourcePrefix:   s.Prefix,
	}
	if s.SHA256 == "" {
		own[metadata.SourceAverages] = "" // nothing was trained
	}
	maps.Copy(own, s.preprocessing(o))
	maps.Copy(own, o.Metadata)
	o.Metadata = own
	o.ImageSize = cmp.Or(o.ImageSize, s.ImageSize)
	m, err := Lower(s.Network, s.Weights, o)
	if err == nil {
		err = checkPreprocessing(m)
	}
	if err != nil {
		return nil, errs.InFile(s.Path, err)
	}
	return &Converted{Model: m, Network: s.Network, Origin: s.Origin}, nil
}

// preprocessing leaves out of the metadata what nobody has said: how pictures
// are prepared for a network whose classes are not ImageNet's. Where o.Metadata
// says a part of it, whose it is and the size are known too.
func (s *Source) preprocessing(o Options) map[string]string {
	n := s.Network
	known := n.Naming == Official || n.Preprocessing != (preprocess.Config{})
	if known && (n.Classes == 1000 || n.Classes == 1001 || s.Prepared) {
		return nil // the network's authors, or a config.json, say it
	}
	own := map[string]string{}
	for _, key := range metadata.Preprocess {
		own[key] = ""
	}
	if !slices.ContainsFunc(metadata.Preprocess, func(key string) bool { return o.Metadata[key] != "" }) {
		return own
	}
	kind := preprocess.Torch
	if n.Naming == Official {
		kind = preprocess.TensorFlow
	}
	own[metadata.PreprocessKind] = string(kind)
	if size := cmp.Or(o.ImageSize, s.ImageSize, n.Preprocessing.Size); size > 0 {
		own[metadata.PreprocessSize] = strconv.Itoa(size)
	}
	return own
}

// checkPreprocessing reads what a model says of how pictures are prepared: what
// it does not say is taken to be usual.
func checkPreprocessing(m *onnx.Model) error {
	kind, told := m.Metadata(metadata.PreprocessKind)
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
