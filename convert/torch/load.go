package torch

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/preprocess"
	"github.com/mixconv/mixconv/tensor"
)

// LoadOptions says which network to load.
type LoadOptions struct {
	Options
	Model   string           // a network's name; "auto" or "": what the config.json beside the weights names
	Network *convert.Network // a network of one's own, in place of Model; Classes is read from the weights
	Epsilon float32          // of the batch norms; 0: as the network has it
}

// Source is a network with its weights, and where they come from.
type Source struct {
	Network convert.Network // Preprocessing is that of config.json if there is one
	Weights convert.Weights

	*Checkpoint         // Tensors is nil
	TrainedParams int64 // elements that training learns: moments not counted
	Labels        []string
}

// Load reads the weights at path, which is one that Read takes, and gives
// every parameter of the network its tensor. The number of classes is read
// from the classifier's shape. A tensor that the network has no place for, and
// a parameter that no tensor fills, are errors; batch norms' counts of batches
// are left out.
func Load(path string, o LoadOptions) (*Source, error) {
	c, err := Read(path, o.Options)
	if err != nil {
		return nil, err
	}
	n, err := o.network(c.Config)
	if err != nil {
		return nil, errs.InFile(c.File, err)
	}
	s, err := assign(c.Tensors, n)
	if err != nil {
		return nil, errs.InFile(c.File, err)
	}
	s.Checkpoint = c
	c.Tensors = nil
	if c.Config != nil {
		s.Labels = c.Config.Labels
		err = c.Config.compare(s.Network)
	}
	return s, errs.InFile(c.File, err)
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

// network is the network that o or config, which may be nil, asks for.
func (o LoadOptions) network(config *Config) (convert.Network, error) {
	n, err := o.named(config)
	if err != nil {
		return n, err
	}
	if n.Naming == convert.Official {
		return n, fmt.Errorf("network %s is TensorFlow's, allowed of PyTorch's: %s", n.Name, strings.Join(convert.TorchNames(), ", "))
	}
	if config != nil {
		if err := config.apply(&n); err != nil {
			return n, err
		}
	}
	if o.Epsilon != 0 {
		n.BatchNormEpsilon = o.Epsilon
	}
	return n, n.Check()
}

func (o LoadOptions) named(config *Config) (convert.Network, error) {
	name := o.Model
	switch {
	case o.Network != nil:
		return *o.Network, nil
	case name != "" && name != "auto":
	case config != nil:
		name = config.Architecture
	default:
		return convert.Network{}, fmt.Errorf("which network? No config.json beside the weights names it; allowed %s", strings.Join(convert.TorchNames(), ", "))
	}
	return convert.Named(name)
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

// assign fills the parameters of n.
func assign(tensors []Named, n convert.Network) (*Source, error) {
	byName := make(map[string]*tensor.Tensor, len(tensors))
	for _, t := range tensors {
		byName[t.Name] = t.Tensor
	}
	params := n.Params()
	bias := parameterName(params[len(params)-1])
	if t := byName[bias]; t != nil && len(t.Shape) == 1 && t.Shape[0] > 0 {
		n.Classes = t.Shape[0]
		if err := n.Check(); err != nil {
			return nil, errs.Format("tensor "+errs.Quote(bias), "%w", err)
		}
		params = n.Params()
	}
	s := &Source{Network: n, Weights: convert.Weights{}, TrainedParams: n.TrainedParams()}
	var m misfit
	for _, p := range params {
		name := parameterName(p)
		t := byName[name]
		delete(byName, name)
		switch {
		case t == nil:
			m.missing = append(m.missing, fmt.Sprintf("%s %s (%s)", errs.Quote(name), p.Shape, p.Role))
		case !t.Shape.Equal(p.Shape):
			m.wrong = append(m.wrong, fmt.Sprintf("%s is %s, but %s takes %s", errs.Quote(name), t.Shape, p.Role, p.Shape))
		default:
			w, err := toFloat32(t)
			if err != nil {
				return nil, errs.Format("tensor "+errs.Quote(name), "%w", err)
			}
			s.Weights[p.Role] = w
		}
	}
	for name := range byName {
		if !bookkeeping(name) {
			m.surplus = append(m.surplus, errs.Quote(name))
		}
	}
	return s, m.err(n)
}

// misfit is what keeps tensors and a network from fitting.
type misfit struct{ wrong, surplus, missing []string }

func (m misfit) err(n convert.Network) error {
	slices.Sort(m.surplus)
	var parts []string
	for _, group := range []struct {
		what string
		list []string
	}{
		{"tensors of another shape", m.wrong},
		{"tensors that no parameter takes", m.surplus},
		{"parameters that no tensor fills", m.missing},
	} {
		if len(group.list) > 0 {
			parts = append(parts, group.what+": "+firstFew(group.list))
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return errs.Format("", "not a %s: %s", n.Name, strings.Join(parts, "; "))
}

func firstFew(list []string) string {
	const most = 3
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
}
