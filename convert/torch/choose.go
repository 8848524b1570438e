package torch

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/torch/internal/pickle"
	"github.com/mixconv/mixconv/convert/torch/internal/pth"
	"github.com/mixconv/mixconv/errs"
)

// knownPatterns are those of all networks of PyTorch that have a name.
var knownPatterns = sync.OnceValue(func() []*pattern {
	var all []*pattern
	for _, name := range convert.TorchNames() {
		if n, err := convert.Named(name); err == nil {
			all = append(all, newPattern(n))
		}
	}
	return all
})

// choose takes the tensors that a network fits; of what no known network fits,
// the dictionary that trainers put weights in.
func (o options) choose(all *contents) (*candidate, error) {
	s := &search{contents: all, options: o, patterns: knownPatterns()}
	found, err := s.candidates()
	switch {
	case err != nil:
		return nil, err
	case len(found) > 0:
		c, err := s.pick(found)
		if err != nil && o.EMA == "auto" && o.Key == "" && o.Prefix == "" {
			return found[0], nil // to be looked at: who converts has to choose
		}
		return c, err
	case o.Key != "" || o.Prefix != "":
		if err := s.missingKey(); err != nil {
			return nil, err
		}
	}
	return s.chooseUnknown()
}

// The keys under which trainers put weights, the usual ones first.
var weightKeys = []string{"state_dict", "model", "model_state_dict", "net", "network", "params", "weights"}

// chooseUnknown takes the dictionary of nothing but tensors that has the
// weights of a network that is not known here.
func (s *search) chooseUnknown() (*candidate, error) {
	var found []*candidate
	for _, d := range s.chosenDictionaries() {
		if len(d.others) > 0 && (d.key != "" || len(s.dictionaries) == 1) {
			if slices.Contains(weightKeys, d.key) || d.key == "" {
				return nil, s.mixed(d)
			}
			continue
		}
		prefix := cmp.Or(s.Prefix, d.wrapper())
		c := &candidate{dictionary: d, prefix: prefix, averages: s.averages(d, prefix)}
		if c.entries, _ = d.under(prefix); len(c.entries) > 0 && (d.key != "" || len(d.others) == 0) {
			found = append(found, c)
		}
	}
	if len(found) == 0 {
		return nil, s.noDictionary()
	}
	return s.pick(preferred(found))
}

// mixed is the error about a dictionary that has other things than tensors.
func (s *search) mixed(d *dictionary) error {
	return errs.Format(cmp.Or(d.key, "checkpoint"), "%s, allowed are tensors (or a dictionary of tensors under state_dict, model or any other key)", d.others[0])
}

// preferred are the averages, and of the others those under the most usual
// key.
func preferred(found []*candidate) []*candidate {
	rank := func(c *candidate) int {
		if i := slices.Index(weightKeys, c.dictionary.key); i >= 0 {
			return i
		}
		return len(weightKeys)
	}
	slices.SortStableFunc(found, func(a, b *candidate) int { return cmp.Compare(rank(a), rank(b)) })
	seen := map[bool]bool{}
	return slices.DeleteFunc(found, func(c *candidate) bool {
		again := seen[c.averages]
		seen[c.averages] = true
		return again
	})
}

// noDictionary is the error of a checkpoint without a dictionary of tensors.
func (s *search) noDictionary() error {
	if s.root == nil {
		return errs.Format("", "no tensors")
	}
	for _, key := range weightKeys {
		if v, ok := s.root.Get(key); ok && v != nil {
			return notTensors(key, v)
		}
	}
	return notTensors("checkpoint", s.root)
}

// notTensors says what is where tensors should be.
func notTensors(key string, v any) error {
	d, ok := v.(*pickle.Dict)
	if !ok {
		return errs.Format(key, "%s, allowed is a dictionary of tensors", pickle.TypeName(v))
	}
	for _, e := range d.Entries {
		name, ok := e.Key.(string)
		if !ok {
			return errs.Format(key, "%s as a key, allowed are strings", pickle.TypeName(e.Key))
		}
		if _, ok := e.Value.(*pth.Tensor); !ok {
			return errs.Format(key, "%s is %s, allowed are tensors (or a dictionary of tensors under state_dict, model or any other key)",
				errs.Quote(name), pickle.TypeName(e.Value))
		}
	}
	return errs.Format("", "no tensors")
}

// wrappers are the prefixes that PyTorch's wrappers of a model put before
// every name: DistributedDataParallel, torch.compile and Lightning's modules.
var wrappers = []string{"module.", "_orig_mod.", "model.", "timm_model.", "net.", "network."}

// wrapper is what wrappers have put before every name of d.
func (d *dictionary) wrapper() string {
	prefix := ""
	for {
		i := slices.IndexFunc(wrappers, func(w string) bool {
			inside, outside := d.under(prefix + w)
			return len(inside) > 0 && len(outside) == 0
		})
		if i < 0 {
			return prefix
		}
		prefix += wrappers[i]
	}
}

// nothingFits says why no network of the patterns fits: what the tensors are
// instead, or what keeps them from the nearest one.
func (s *search) nothingFits(named bool) error {
	if len(s.dictionaries) == 0 {
		return s.noDictionary()
	}
	if err := s.missingKey(); err != nil {
		return err
	}
	near := s.nearest(s.patterns)
	other, _ := (&search{s.contents, s.options, knownPatterns()}).candidates()
	switch {
	case len(other) > 0 && near != nil:
		return fmt.Errorf("%w; the tensors (%s) fit %s", near.err, other[0], strings.Join(networkNames(other[0].networks), ", "))
	case near == nil || !named:
		if kind := strangerOf(s.contents); kind != "" {
			return &errs.UnsupportedError{Items: []errs.Unsupported{{Reason: kind}}}
		}
	}
	switch {
	case near == nil:
		return errs.Format("", "no network that is known here has these tensors%s", s.examples())
	case named:
		if kind := strangerOf(s.contents); kind != "" {
			return fmt.Errorf("%w (they look like %s)", near.err, kind)
		}
		return near.err
	}
	return errs.Format("", "which network? None that is known here has these tensors; the nearest: %w", near.err)
}

// neighbour is the network that a set of tensors comes nearest to.
type neighbour struct {
	err   error
	share float64 // of its parameters that a tensor fills
}

// nearest looks through the largest dictionaries; nil if there is none.
func (s *search) nearest(patterns []*pattern) *neighbour {
	dictionaries := slices.SortedStableFunc(slices.Values(s.chosenDictionaries()), func(a, b *dictionary) int {
		return cmp.Compare(len(b.entries), len(a.entries))
	})
	const most = 3
	var best *neighbour
	for _, d := range dictionaries[:min(most, len(dictionaries))] {
		prefixes := s.chosenPrefixes(d)
		if len(prefixes) == 0 {
			prefixes = []string{d.wrapper()}
		}
		for _, prefix := range prefixes {
			entries, _ := d.under(prefix)
			for _, p := range patterns {
				n, m, err := p.fits(entries)
				if err != nil {
					continue
				}
				m.Surplus = append(m.Surplus, d.strangers(prefix)...)
				if share := float64(m.matched) / float64(len(p.params)); best == nil || share > best.share {
					best = &neighbour{m.err(n), share}
				}
			}
		}
	}
	return best
}

func networkNames(networks []convert.Network) []string {
	var names []string
	for _, n := range networks {
		names = append(names, n.Name)
	}
	return names
}
