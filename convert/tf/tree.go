package tf

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/errs"
)

// A layer is what one Keras or tf.layers layer owns. Layers are told apart by
// what their variables are called; their order of creation is that of the
// numbers at the end of their names.
type layer struct {
	name   string // conv2d_9: as in the checkpoint, without scope
	base   string // conv2d
	number int    // 9
	vars   map[string]*named
}

// layerKind tells layers apart.
type layerKind int

const (
	convolution layerKind = iota
	depthwise
	squeeze // a convolution in a scope "se"
	norm
	dense
	layerKinds
)

func (k layerKind) String() string {
	return [...]string{"convolution", "depthwise convolution", "squeeze-and-excitation convolution", "batch norm", "dense"}[k]
}

// scope holds the layers of the stem, of the head or of a block, by kind and
// in the order of their creation.
type scope [layerKinds][]*layer

// tree is a network's variables, by scope.
type tree struct {
	stem, head scope
	blocks     map[int]*scope
	model      string   // the outermost scope of the first variable: often the network's name
	strays     []*named // what is in no scope, or no layer's
}

// leaves has what a layer may own, by the last part of the name.
var leaves = map[string]bool{
	"kernel": true, "depthwise_kernel": true, "bias": true,
	"gamma": true, "beta": true, "moving_mean": true, "moving_variance": true,
}

// buildTree sorts variables by scope, layer and leaf:
// <anything>/blocks_3/se/conv2d_11/bias.
func buildTree(n *names) (*tree, error) {
	t := &tree{blocks: map[int]*scope{}}
	found := map[string]*layer{} // by scope, se and layer name
	for i := range n.vars {
		v := &n.vars[i]
		place, ok := parseName(v.name)
		if !ok {
			t.strays = append(t.strays, v)
			continue
		}
		if t.model == "" {
			t.model, _, _ = strings.Cut(v.name, "/")
		}
		id := fmt.Sprintf("%s/%d/%t/%s", place.scope, place.block, place.se, place.layer)
		l := found[id]
		if l == nil {
			l = &layer{name: place.layer, vars: map[string]*named{}}
			l.base, l.number = splitNumber(place.layer)
			found[id] = l
		}
		if twin := l.vars[place.leaf]; twin != nil {
			return nil, errs.Format("tensor "+errs.Quote(v.name), "has the same place in the network as %s", errs.Quote(twin.name))
		}
		l.vars[place.leaf] = v
		if len(l.vars) == 1 {
			t.add(place, l)
		}
	}
	// The kind of a layer shows once all its variables are known.
	for _, s := range t.scopes() {
		if err := s.sort(); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (t *tree) scopes() []*scope {
	all := []*scope{&t.stem, &t.head}
	for _, i := range slices.Sorted(maps.Keys(t.blocks)) {
		all = append(all, t.blocks[i])
	}
	return all
}

// add puts a new layer into its scope, for now as a convolution.
func (t *tree) add(p place, l *layer) {
	s := &t.stem
	switch p.scope {
	case "head":
		s = &t.head
	case "blocks":
		if s = t.blocks[p.block]; s == nil {
			s = &scope{}
			t.blocks[p.block] = s
		}
	}
	kind := convolution
	if p.se {
		kind = squeeze
	}
	s[kind] = append(s[kind], l)
}

// sort moves each layer to its kind, and orders those of one kind by number.
func (s *scope) sort() error {
	layers := s[convolution]
	s[convolution] = nil
	for _, l := range layers {
		kind := l.kind()
		s[kind] = append(s[kind], l)
	}
	for kind, layers := range s {
		slices.SortFunc(layers, func(a, b *layer) int { return cmp.Compare(a.number, b.number) })
		for i := 1; i < len(layers); i++ {
			// Numbers of differently named layers do not tell their order.
			if a, b := layers[i-1], layers[i]; a.base != b.base {
				return errs.Format("tensor "+errs.Quote(b.any().name), "the names %s and %s do not tell which %s was created first",
					errs.Quote(a.name), errs.Quote(b.name), layerKind(kind))
			}
		}
	}
	return nil
}

func (l *layer) kind() layerKind {
	switch k := l.vars["kernel"]; {
	case l.vars["depthwise_kernel"] != nil:
		return depthwise
	case k != nil && len(k.shape) == 2:
		return dense
	case k != nil || l.vars["bias"] != nil:
		return convolution
	}
	return norm
}

// any returns the layer's first variable by name.
func (l *layer) any() *named {
	var first *named
	for _, v := range l.vars {
		if first == nil || v.name < first.name {
			first = v
		}
	}
	return first
}

// place is where in a network a variable belongs, by its name.
type place struct {
	scope string // stem, head or blocks
	block int
	se    bool
	layer string
	leaf  string
}

// parseName reads a name from its end: leaf, layer, perhaps "se", scope.
func parseName(name string) (place, bool) {
	parts := strings.Split(name, "/")
	if len(parts) < 3 || !leaves[parts[len(parts)-1]] {
		return place{}, false
	}
	p := place{leaf: parts[len(parts)-1], layer: parts[len(parts)-2]}
	if p.layer == "se" {
		return place{}, false // a frozen graph has a constant se/beta, of swish
	}
	parts = parts[:len(parts)-2]
	if n := len(parts); n > 1 && parts[n-1] == "se" {
		p.se = true
		parts = parts[:n-1]
	}
	last := parts[len(parts)-1]
	if last == "stem" || last == "head" {
		p.scope = last
		return p, true
	}
	digits, ok := strings.CutPrefix(last, "blocks_")
	if !ok {
		return p, false
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	p.scope, p.block = "blocks", int(n)
	return p, err == nil && digits == strconv.FormatUint(n, 10)
}

// splitNumber cuts a layer's name into what kind it names and its number:
// conv2d_9. The first of a kind has none, which counts as 0.
func splitNumber(layer string) (base string, number int) {
	if i := strings.LastIndexByte(layer, '_'); i >= 0 {
		n, err := strconv.ParseUint(layer[i+1:], 10, 31)
		if err == nil && n > 0 && layer[i+1] != '0' {
			return layer[:i], int(n)
		}
	}
	return layer, 0
}
