package torch

import (
	"io"
	"strings"

	"github.com/mixconv/mixconv/convert/torch/internal/pickle"
	"github.com/mixconv/mixconv/convert/torch/internal/pth"
	"github.com/mixconv/mixconv/errs"
)

// The keys under which trainers put weights, the preferred one first: those of
// timm's, torchvision's and DeiT's training scripts.
var (
	averageKeys = []string{"state_dict_ema", "model_ema"}
	weightKeys  = []string{"state_dict", "model"}
)

// decodePth reads a .pth file of either format.
func decodePth(r io.ReaderAt, size int64, o Options) (*Checkpoint, error) {
	f, err := pth.Open(r, size, o.Limits)
	if err != nil {
		return nil, err
	}
	root, ok := f.Root.(*pickle.Dict)
	if !ok {
		return nil, errs.Format("checkpoint", "%s, allowed is a dictionary of tensors", pickle.TypeName(f.Root))
	}
	c := &Checkpoint{}
	dict, err := c.choose(root, o.EMA)
	if err != nil {
		return nil, err
	}
	names, views, err := tensorsOf(dict, c.Dictionary)
	if err != nil {
		return nil, err
	}
	tensors, err := f.Load(views)
	if err != nil {
		return nil, err
	}
	for i, t := range tensors {
		c.Tensors = append(c.Tensors, Named{names[i], t})
	}
	return c, nil
}

// choose returns the dictionary of weights in what was saved, and notes which
// it is.
func (c *Checkpoint) choose(root *pickle.Dict, ema string) (*pickle.Dict, error) {
	if allTensors(root) {
		return root, nil // a state_dict itself, whatever its parameters are called
	}
	averages, weights := firstOf(root, averageKeys), firstOf(root, weightKeys)
	switch {
	case averages != "" && ema != "off":
		c.Dictionary, c.Averages = averages, true
	case ema == "on":
		return nil, noAverages()
	case averages != "" && weights == "":
		return nil, errs.Format("", "only averages (under %s) are stored, though raw weights are asked for", averages)
	case weights != "":
		c.Dictionary = weights
	}
	if c.Dictionary == "" {
		return root, nil
	}
	v, _ := root.Get(c.Dictionary)
	dict, ok := v.(*pickle.Dict)
	if !ok {
		return nil, errs.Format(c.Dictionary, "%s, allowed is a dictionary of tensors", pickle.TypeName(v))
	}
	return dict, nil
}

func noAverages() error {
	return errs.Format("", "no averages (under %s) are stored, though they are asked for", keyList(averageKeys))
}

func allTensors(d *pickle.Dict) bool {
	for _, e := range d.Entries {
		if _, ok := e.Value.(*pth.Tensor); !ok {
			return false
		}
	}
	return true
}

// firstOf returns the first of keys that d has with anything but None.
func firstOf(d *pickle.Dict, keys []string) string {
	for _, key := range keys {
		if v, ok := d.Get(key); ok && v != nil {
			return key
		}
	}
	return ""
}

// tensorsOf returns the entries of a dictionary that may have nothing but
// tensors.
func tensorsOf(d *pickle.Dict, dictionary string) (names []string, views []*pth.Tensor, err error) {
	field := dictionary
	if field == "" {
		field = "checkpoint"
	}
	for _, e := range d.Entries {
		name, ok := e.Key.(string)
		if !ok {
			return nil, nil, errs.Format(field, "%s as a key, allowed are strings", pickle.TypeName(e.Key))
		}
		t, ok := e.Value.(*pth.Tensor)
		if !ok {
			return nil, nil, errs.Format(field, "%s is %s, allowed are tensors (or a dictionary of tensors under %s)",
				errs.Quote(name), pickle.TypeName(e.Value), keyList(append(averageKeys[:2:2], weightKeys...)))
		}
		names, views = append(names, name), append(views, t)
	}
	return names, views, nil
}

func keyList(keys []string) string {
	last := len(keys) - 1
	return strings.Join(keys[:last], ", ") + " or " + keys[last]
}

// wrappers are the prefixes that PyTorch's wrappers of a model put before
// every name: DistributedDataParallel and torch.compile, in either order.
var wrappers = []string{"_orig_mod.", "module.", "_orig_mod."}

// averagedCount is what torch.optim.swa_utils.AveragedModel has beside the
// module that it wraps.
const averagedCount = "n_averaged"

// cutPrefixes cuts what stands before every name.
func (c *Checkpoint) cutPrefixes() {
	for _, prefix := range wrappers {
		rest := make([]Named, 0, len(c.Tensors))
		for _, t := range c.Tensors {
			name, ok := strings.CutPrefix(t.Name, prefix)
			if prefix == "module." && t.Name == averagedCount {
				continue
			}
			if !ok || name == "" {
				rest = nil
				break
			}
			rest = append(rest, Named{name, t.Tensor})
		}
		if len(rest) > 0 {
			c.Tensors = rest
			c.Prefix += prefix
		}
	}
}
