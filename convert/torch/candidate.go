package torch

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/internal/misfit"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/tensor"
)

// candidate is a set of tensors that may be a network's: those of a dictionary
// whose names begin alike.
type candidate struct {
	dictionary *dictionary
	prefix     string
	averages   bool
	entries    []entry           // with the rest of their names
	networks   []convert.Network // that they fit, with their number of classes
}

// String says where c is, for messages and as --key and --prefix take it.
func (c *candidate) String() string {
	var parts []string
	if c.dictionary.key != "" {
		parts = append(parts, "key "+errs.Quote(c.dictionary.key))
	}
	if c.prefix != "" {
		parts = append(parts, "prefix "+errs.Quote(c.prefix))
	}
	return cmp.Or(strings.Join(parts, " with "), "the file itself")
}

// under returns the tensors behind a prefix, and the first that is neither
// there nor one of those that no network computes with.
func (d *dictionary) under(prefix string) (inside []entry, outside []string) {
	for _, e := range d.entries {
		if rest, ok := strings.CutPrefix(e.name, prefix); ok && rest != "" {
			e.name = rest
			inside = append(inside, e)
		} else if last := e.name[strings.LastIndex(e.name, ".")+1:]; !slices.Contains(counters, last) && !bookkeeping(e.name) {
			outside = append(outside, e.name)
		}
	}
	return inside, outside
}

// prefixes are what may stand before the names of a network's parameters: what
// stands before the name of its first convolution's kernel, whose shape tells
// it from others of that name.
func (d *dictionary) prefixes(patterns []*pattern) []string {
	stems := map[string]bool{}
	for _, p := range patterns {
		stems[p.stem] = true
	}
	found := map[string]bool{}
	var prefixes []string
	for _, e := range d.entries {
		for stem := range stems {
			prefix, ok := strings.CutSuffix(e.name, stem)
			if ok && (prefix == "" || strings.HasSuffix(prefix, ".")) && !found[prefix] {
				found[prefix] = true
				prefixes = append(prefixes, prefix)
			}
		}
	}
	slices.Sort(prefixes)
	return prefixes
}

// search is what candidates are looked for with.
type search struct {
	*contents
	options
	patterns []*pattern
}

// candidates are the sets of tensors that a network fits.
func (s *search) candidates() ([]*candidate, error) {
	var found []*candidate
	for _, d := range s.chosenDictionaries() {
		for _, prefix := range s.chosenPrefixes(d) {
			c := &candidate{dictionary: d, prefix: prefix, averages: s.averages(d, prefix)}
			c.entries, _ = d.under(prefix)
			if len(d.strangers(prefix)) > 0 {
				continue
			}
			shapes := stemShapes(c.entries)
			for _, p := range s.patterns {
				if shape, ok := shapes[p.stem]; !ok || shape[0] != p.network.StemChannels() {
					continue
				}
				n, m, err := p.fits(c.entries)
				if err != nil {
					return nil, err
				}
				if m.none() {
					c.networks = append(c.networks, n)
				}
			}
			if len(c.networks) > 0 {
				found = append(found, c)
			}
		}
	}
	return found, nil
}

// stemShapes are the shapes of convolutions by name, for a quick look.
func stemShapes(entries []entry) map[string]tensor.Shape {
	shapes := map[string]tensor.Shape{}
	for _, e := range entries {
		if len(e.shape) == 4 {
			shapes[e.name] = e.shape
		}
	}
	return shapes
}

// strangers are entries behind the prefix that are no tensors. Without a
// prefix, what has no point in its name may be about the network.
func (d *dictionary) strangers(prefix string) []string {
	return slices.DeleteFunc(slices.Clone(d.others), func(other string) bool {
		name, _, _ := strings.Cut(other, " is ")
		return !strings.HasPrefix(name, prefix) || prefix == "" && !strings.Contains(name, ".")
	})
}

func (s *search) chosenDictionaries() []*dictionary {
	if s.Key == "" {
		return s.dictionaries
	}
	return slices.DeleteFunc(slices.Clone(s.dictionaries), func(d *dictionary) bool { return d.key != s.Key })
}

func (s *search) chosenPrefixes(d *dictionary) []string {
	if s.Prefix == "" {
		return d.prefixes(s.patterns)
	}
	if inside, _ := d.under(s.Prefix); len(inside) > 0 {
		return []string{s.Prefix}
	}
	return nil
}

// pick chooses one of several sets of tensors: averages or none as o.EMA
// says. Among what is left there must be no choice.
func (s *search) pick(found []*candidate) (*candidate, error) {
	isAverage := func(c *candidate) bool { return c.averages }
	averages := slices.DeleteFunc(slices.Clone(found), func(c *candidate) bool { return !c.averages })
	raw := slices.DeleteFunc(slices.Clone(found), isAverage)
	list := raw
	switch {
	case s.EMA == "on" && len(averages) == 0:
		return nil, errs.Format("", "no averages are stored, though they are asked for")
	case s.EMA == "off" && len(raw) == 0:
		return nil, errs.Format("", "only averages (%s) are stored, though raw weights are asked for", averages[0])
	case s.EMA != "off" && len(averages) > 0:
		list = averages
	}
	for _, c := range list[1:] {
		if !list[0].same(c) {
			return nil, s.ambiguous(list)
		}
	}
	return list[0], s.alone(list[0], found)
}

func (s *search) ambiguous(list []*candidate) error {
	var places []string
	for _, c := range list {
		places = append(places, c.String())
	}
	return errs.Format("", "which weights? Several sets of tensors fit: %s: --key and --prefix choose one", strings.Join(places, "; "))
}

// same reports whether two sets are the very same tensors.
func (c *candidate) same(other *candidate) bool {
	return slices.EqualFunc(c.entries, other.entries, func(a, b entry) bool {
		return a.name == b.name && a.view != nil && a.view.Same(b.view)
	})
}

// alone refuses a set of tensors that has others beside it in its dictionary,
// unless the prefix was asked for or they are sets themselves.
func (s *search) alone(c *candidate, found []*candidate) error {
	if s.Prefix != "" {
		return nil
	}
	_, outside := c.dictionary.under(c.prefix)
	outside = slices.DeleteFunc(outside, func(name string) bool {
		return slices.ContainsFunc(found, func(f *candidate) bool {
			return f.dictionary == c.dictionary && strings.HasPrefix(name, f.prefix)
		})
	})
	if len(outside) == 0 {
		return nil
	}
	for i, name := range outside {
		outside[i] = errs.Quote(name)
	}
	return errs.Format(c.dictionary.key, "the tensors behind %s are a %s, but others are beside them, which may belong to what was trained: %s: --prefix %[1]s takes those of the network alone",
		errs.Quote(c.prefix), c.networks[0].Name, misfit.First(outside))
}

// missingKey is the error where --key or --prefix names nothing.
func (s *search) missingKey() error {
	if s.Key == "" && s.Prefix == "" {
		return nil
	}
	if s.Key != "" && len(s.chosenDictionaries()) == 0 {
		return errs.Format("", "no dictionary of tensors at key %s, found %s", errs.Quote(s.Key), cmp.Or(strings.Join(s.keys(), ", "), "none below the file itself"))
	}
	for _, d := range s.chosenDictionaries() {
		if inside, _ := d.under(s.Prefix); len(inside) > 0 {
			return nil
		}
	}
	return errs.Format("", "no tensor whose name begins with %s%s", errs.Quote(s.Prefix), s.examples())
}

// examples are the first names of tensors, for messages.
func (s *search) examples() string {
	for _, d := range s.chosenDictionaries() {
		return fmt.Sprintf(", the first is %s", errs.Quote(d.entries[0].name))
	}
	return ""
}
