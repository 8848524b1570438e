package torch

import (
	"fmt"
	"slices"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/preprocess"
	"github.com/mixconv/mixconv/tensor"
)

// Load reads the weights at path, which is one that Read takes, and gives
// every parameter of the network its tensor. The number of classes is read
// from the classifier's shape. A tensor that the network has no place for, and
// a parameter that no tensor fills, are errors; batch norms' counts of batches
// are left out.
//
// Networks may have the same tensors and compute otherwise, such as
// mobilenetv3_small_100 and tf_mobilenetv3_small_100. Then o.Model names one, or
// the file does: a config.json beside it, or what trainers store under "arch",
// "args" and the like. It is an error if neither does, or if o.Model says
// another than the file, unless o.IgnoreArch.
func Load(path string, o convert.Options) (*convert.Source, error) {
	completed, err := complete(o)
	if err != nil {
		return nil, err
	}
	var d *decision
	c, err := read(path, completed, func(all *contents) (chosen *candidate, err error) {
		chosen, d, err = completed.find(all)
		return chosen, err
	})
	if err != nil {
		return nil, err
	}
	s, err := completed.source(c, d)
	if err != nil {
		return nil, errs.InFile(c.File, err)
	}
	s.Origin = convert.Origin{
		Path: path, SHA256: c.SHA256, Averages: c.Averages, Files: c.Files,
		Key: c.Dictionary, Prefix: c.Prefix, NamedBy: d.by, Notes: d.notes,
	}
	return s, nil
}

// Convert reads what PyTorch trained, as Load does, and returns the ONNX model.
// Its input "input" is [N,3,H,W], normalised as in training; its output "logits" is
// [N,classes].
func Convert(path string, o convert.Options) (*convert.Converted, error) {
	s, err := Load(path, o)
	if err != nil {
		return nil, err
	}
	return s.Convert(o)
}

// source gives the parameters of the network that was decided on their tensors.
func (o options) source(c *Checkpoint, d *decision) (*convert.Source, error) {
	n := d.network
	if e, ok := releasedEpsilons[n.Name]; ok && c.Config == nil && o.Epsilon == 0 && o.Network == nil {
		d.notes = append(d.notes, fmt.Sprintf("timm trains %s with epsilon %g, but builds it with %g for its released weights, and no config.json says that it is these: --epsilon", n.Name, n.BatchNormEpsilon, e))
	}
	if c.Config != nil {
		if err := c.Config.apply(&n); err != nil {
			return nil, err
		}
	}
	if o.Epsilon != 0 {
		n.BatchNormEpsilon = o.Epsilon
	}
	s, err := assign(c.Tensors, n)
	if err == nil && c.Config != nil {
		s.Labels, s.Prepared = c.Config.Labels, true
		err = c.Config.compare(n)
	}
	return s, err
}

// compare wants of the weights what config says about them.
func (c *Config) compare(n convert.Network) error {
	if c.NumClasses > 0 && c.NumClasses != n.Classes {
		return errs.Format("", "the classifier has %d classes, config.json says %d", n.Classes, c.NumClasses)
	}
	if len(c.Labels) > 0 && len(c.Labels) != n.Classes {
		return errs.Format("", "the classifier has %d classes, config.json labels for %d", n.Classes, len(c.Labels))
	}
	return nil
}

// apply takes over what config says about a network beside its name.
func (c *Config) apply(n *convert.Network) error {
	p := &n.Preprocessing
	if len(c.InputSize) == 3 {
		p.Size = c.InputSize[1]
	}
	if c.CropPct > 0 {
		p.Crop = c.CropPct
	}
	if c.Interpolation != "" {
		p.Interpolation = preprocess.Interpolation(c.Interpolation)
	}
	if len(c.Mean) == 3 {
		p.Mean, p.Std = [3]float64(c.Mean), [3]float64(c.Std)
	}
	if epsilon, ok := releasedEpsilons[n.Name]; ok {
		n.BatchNormEpsilon = epsilon
	}
	return c.applyArguments(n)
}

// releasedEpsilons has the networks that timm builds with another epsilon
// where it loads released weights, as it does those with a config.json.
var releasedEpsilons = map[string]float32{"fbnetc_100": 1e-3}

// applyArguments follows what timm builds the network with. An argument that
// may change what it computes and is not known here is an error.
func (c *Config) applyArguments(n *convert.Network) error {
	for name, v := range c.ModelArgs {
		epsilon, isNumber := v.(float64)
		switch {
		case name == "bn_eps" && isNumber:
			n.BatchNormEpsilon = float32(epsilon)
		case slices.Contains([]string{"num_classes", "drop_rate", "drop_path_rate", "bn_momentum"}, name):
		case name == "global_pool" && v == "avg" || name == "in_chans" && v == 3.0:
		default:
			return errs.Format("model_args", "%s: nothing is known here of this argument", errs.Quote(name))
		}
	}
	return nil
}

// assign fills the parameters of n, which the tensors fit.
func assign(tensors []Named, n convert.Network) (*convert.Source, error) {
	if err := n.Check(); err != nil {
		return nil, err
	}
	byName := make(map[string]*tensor.Tensor, len(tensors))
	for _, t := range tensors {
		byName[t.Name] = t.Tensor
	}
	s := &convert.Source{Network: n, Weights: convert.Weights{}}
	for _, p := range n.Params() {
		name := parameterName(p)
		w, err := toFloat32(byName[name])
		if err != nil {
			return nil, errs.Format("tensor "+errs.Quote(name), "%w", err)
		}
		s.Weights[p.Role] = w
	}
	return s, nil
}
