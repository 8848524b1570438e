package torch

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/errs"
)

// configClaim is where a config.json names a network.
const configClaim = "config.json: architecture"

// said are the claims of a file and the config.json beside it.
func (c *contents) said() []claim {
	if c.config == nil {
		return c.claims
	}
	return append([]claim{{configClaim, c.config.Architecture}}, c.claims...)
}

// decision is which network weights are of, and why.
type decision struct {
	network  convert.Network
	by       string   // --model, the file's own statement, or the tensors
	siblings []string // other networks with the same tensors
	notes    []string
}

// find chooses the tensors of one network, and the network.
func (o options) find(all *contents) (*candidate, *decision, error) {
	patterns, err := o.patterns(all.config)
	if err != nil {
		return nil, nil, err
	}
	s := &search{contents: all, options: o, patterns: patterns}
	found, err := s.candidates()
	if err != nil {
		return nil, nil, err
	}
	if len(found) == 0 {
		return nil, nil, s.nothingFits(o.named() || all.config != nil)
	}
	c, err := s.pick(found)
	if err != nil {
		return nil, nil, err
	}
	d, err := o.decide(all, c)
	if e := all.epsilon(); err == nil && e > 0 && o.Network == nil {
		d.network.BatchNormEpsilon = e
		d.notes = append(d.notes, fmt.Sprintf("epsilon %g, as args.bn_eps says", e))
	}
	if err == nil && o.EMA != "off" && !c.averages {
		for _, key := range all.lostAverages(found) {
			d.notes = append(d.notes, fmt.Sprintf("what seems to be averages (%s) has no names, or not all of a network's tensors: it is not used", errs.Quote(key)))
		}
	}
	return c, d, err
}

// named reports whether the caller says which network it is.
func (o options) named() bool {
	return o.Network != nil || o.Model != "" && o.Model != "auto"
}

// patterns are the networks that the weights may be of: those that the caller
// names, or a config.json, or all.
func (o options) patterns(config *Config) ([]*pattern, error) {
	name := o.Model
	switch {
	case o.Network != nil:
		if err := o.Network.Check(); err != nil {
			return nil, err
		}
		if o.Network.Naming == convert.Official {
			return nil, fmt.Errorf("network %s has TensorFlow's names, allowed are those of PyTorch's code", o.Network.Name)
		}
		return []*pattern{newPattern(*o.Network)}, nil
	case o.named():
	case config != nil:
		name = config.Architecture
	default:
		return knownPatterns(), nil
	}
	networks, err := convert.NamedTorch(name)
	if err != nil {
		return nil, err
	}
	var patterns []*pattern
	for _, n := range networks {
		patterns = append(patterns, newPattern(n))
	}
	return patterns, nil
}

// decide says which network a set of tensors is of. What the caller says must
// not contradict what the file says of itself; where neither says anything,
// one network alone must fit.
func (o options) decide(all *contents, c *candidate) (*decision, error) {
	if o.Network != nil {
		return &decision{network: c.networks[0], by: "the network given"}, nil
	}
	claims := all.said()
	fitting := allThatFit(c.entries)
	said, err := heard(claims, fitting)
	if err != nil && !o.IgnoreArch && !o.named() {
		return nil, err
	}
	d := &decision{network: c.networks[0]}
	switch {
	case o.named():
		d.by = "--model"
		if said != nil && said.name != d.network.Name {
			if !o.IgnoreArch {
				return nil, contradiction(d.network, said, fitting)
			}
			d.notes = append(d.notes, fmt.Sprintf("%s says %s, which is ignored", said.where, said.name))
		}
		if c := misnamer(claims, d.network); said == nil && c != nil {
			d.notes = append(d.notes, fmt.Sprintf("%s says %s, whose tensors these are not", c.where, errs.Quote(c.name)))
		}
	case said != nil:
		d.by = said.where
		i := slices.IndexFunc(c.networks, func(n convert.Network) bool { return n.Name == said.name })
		d.network = c.networks[max(0, i)]
	case len(c.networks) > 1:
		return nil, whichSibling(c.networks, claims)
	default:
		if c := misnamer(claims, d.network); c != nil && !o.IgnoreArch {
			return nil, errs.Format("", "%s says %s, but the tensors are those of %s: --model %[3]s takes them as that", c.where, errs.Quote(c.name), d.network.Name)
		}
		d.by = "the tensors, which fit no other"
	}
	d.siblings = slices.DeleteFunc(networkNames(fitting), func(name string) bool { return name == d.network.Name })
	if len(d.siblings) > 0 && d.by == "--model" && said == nil {
		d.notes = append(d.notes, fmt.Sprintf("the tensors fit %s too, and nothing in the file says which it is: %s",
			strings.Join(d.siblings, ", "), strings.Join(convert.Differences(fitting), "; ")))
	}
	return d, nil
}

// allThatFit are all known networks that the tensors fit.
func allThatFit(entries []entry) []convert.Network {
	var fitting []convert.Network
	shapes := stemShapes(entries)
	for _, p := range knownPatterns() {
		if shape, ok := shapes[p.stem]; !ok || shape[0] != p.network.StemChannels() {
			continue
		}
		if n, m, err := p.fits(entries); err == nil && m.none() {
			fitting = append(fitting, n)
		}
	}
	return fitting
}

// heard is the first claim that names one of the fitting networks, with that
// one's own name; nil if none does. Claims that name different ones are an
// error.
func heard(claims []claim, fitting []convert.Network) (*claim, error) {
	var first *claim
	for _, c := range claims {
		name := c.among(fitting)
		switch {
		case name == "":
		case first == nil:
			first = &claim{c.where, name}
		case first.name != name:
			return first, errs.Format("", "which network? %s says %s, %s says %s: --model names one", first.where, first.name, c.where, name)
		}
	}
	return first, nil
}

// among is the name of the network that c names, if it is one of those.
func (c claim) among(networks []convert.Network) string {
	named, err := convert.NamedTorch(c.name)
	if err != nil {
		return ""
	}
	for _, n := range named {
		if slices.Contains(networkNames(networks), n.Name) {
			return n.Name
		}
	}
	return ""
}

// contradiction is the error where --model and the file name siblings.
func contradiction(n convert.Network, said *claim, fitting []convert.Network) error {
	return errs.Format("", "--model says %s, but the file's own %s says %s, which has the same tensors and computes otherwise: %s; --ignore-arch takes --model's word",
		n.Name, said.where, said.name, strings.Join(convert.Differences(fitting), "; "))
}

// whichSibling is the error where several networks fit alike.
func whichSibling(networks []convert.Network, claims []claim) error {
	said := ""
	for _, c := range claims {
		said += fmt.Sprintf(" (%s says %s, which is none of them)", c.where, errs.Quote(c.name))
	}
	return errs.Format("", "which network? These have the same tensors and compute otherwise, and the file does not say which it is%s: %s; --model names one",
		said, strings.Join(convert.Differences(networks), "; "))
}

// misnamer is a claim that names a known network that is not n; nil if none
// does.
func misnamer(claims []claim, n convert.Network) *claim {
	for _, c := range claims {
		if _, err := convert.NamedTorch(c.name); err == nil && c.among([]convert.Network{n}) == "" {
			return &c
		}
	}
	return nil
}
