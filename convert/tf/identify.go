package tf

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/errs"
)

// candidates are the networks that a name stands for: itself, or all.
func candidates(model string) ([]convert.Network, error) {
	names := []string{model}
	if model == "" || model == "auto" {
		names = convert.Names()
	}
	var list []convert.Network
	for _, name := range names {
		n, err := convert.Named(name)
		if err != nil {
			return nil, err
		}
		if n.Naming != convert.Official {
			return nil, fmt.Errorf("network %s is PyTorch's, allowed of TensorFlow's: auto, %s", n.Name, strings.Join(convert.Names(), ", "))
		}
		list = append(list, n)
	}
	return list, nil
}

// fit is a network made to fit a tree as well as it can.
type fit struct {
	network convert.Network
	named   convert.Network // as its name defines it
	assignment
}

// asNamed reports whether the channels are those that the name stands for.
func (f *fit) asNamed() bool { return f.network.DepthMultiplier == f.named.DepthMultiplier }

// identify finds the network among the candidates whose every role the tree
// fills, with nothing left over. Class count, feature size, depth multiplier
// and dilation are read from the tensors' shapes.
func identify(t *tree, candidates []convert.Network) (convert.Network, []role, error) {
	if len(t.blocks) == 0 {
		return convert.Network{}, nil, errs.Format("", "not a MixNet: none of the tensors' names has a scope blocks_<i>")
	}
	best := fitTree(t, candidates)
	if best.problems() > 0 {
		what := "not a "
		if len(candidates) > 1 {
			what = "not a network known here, the nearest is "
		}
		return convert.Network{}, nil, errs.Format("", "%s%s: %s", what, describe(best.network), best.misfit(t, best.network))
	}
	if len(candidates) == 1 && !best.asNamed() {
		// Another name may say exactly what is there: MixNet-L is a wider M.
		all, err := allNetworks()
		if err != nil {
			return convert.Network{}, nil, err
		}
		other := fitTree(t, all)
		if other.problems() == 0 && other.network.Name != best.network.Name && (other.asNamed() || t.model == other.network.Name) {
			return convert.Network{}, nil, errs.Format("", "not a %s: the tensors are those of a %s", best.named.Name, describe(other.network))
		}
	}
	return best.network, best.roles, nil
}

func allNetworks() ([]convert.Network, error) { return candidates("auto") }

// fitTree returns the best fit. Of several perfect ones it prefers that whose
// channels are as its name says, then that which the outermost scope names,
// then the smallest.
func fitTree(t *tree, candidates []convert.Network) *fit {
	var best *fit
	rank := func(f *fit) (problems, preference int) {
		switch {
		case f.asNamed():
			return f.problems(), 0
		case t.model == f.network.Name:
			return f.problems(), 1
		}
		return f.problems(), 2
	}
	for _, n := range candidates {
		f := fitNetwork(t, n)
		if best == nil {
			best = f
			continue
		}
		p, q := rank(f)
		bp, bq := rank(best)
		if p < bp || p == bp && q < bq {
			best = f
		}
	}
	return best
}

// fitNetwork adapts what shapes decide, and assigns the roles.
func fitNetwork(t *tree, named convert.Network) *fit {
	n := named
	if s := t.head[convolution]; len(s) == 1 {
		if k := s[0].vars["kernel"]; k != nil && len(k.shape) == 4 && k.shape[3] > 0 {
			n.FeatureSize = k.shape[3]
		}
	}
	if s := t.head[dense]; len(s) == 1 {
		if k := s[0].vars["kernel"]; k != nil && len(k.shape) == 2 && k.shape[1] > 0 {
			n.Classes = k.shape[1]
		}
	}
	n.DepthMultiplier = fitMultiplier(t, n)
	var best *fit
	for _, blocks := range [][]convert.Block{n.Blocks, dilateAll(n.Blocks), dilateSeen(t, n)} {
		m := n
		m.Blocks = blocks
		if m.Check() != nil {
			continue
		}
		f := &fit{network: m, named: named, assignment: *assign(t, m)}
		if best == nil || f.problems() < best.problems() {
			best = f
		}
	}
	if best == nil { // a feature size or class count beyond all bounds
		best = &fit{network: named, named: named, assignment: *assign(t, named)}
	}
	return best
}

// fitMultiplier returns the depth multiplier under which most of the network's
// channel counts are those of the tree. Many fit as well as one another, for
// counts are rounded; the roundest number is taken.
func fitMultiplier(t *tree, n convert.Network) float64 {
	seen := channels(t)
	best, most := n.DepthMultiplier, -1
	for _, m := range multipliers(n.DepthMultiplier) {
		n.DepthMultiplier = m
		matches := 0
		if n.StemChannels() == seen[-1] {
			matches++
		}
		for i, b := range n.Expand() {
			if b.Out == seen[i] {
				matches++
			}
		}
		if matches > most {
			best, most = m, matches
		}
	}
	return best
}

// multipliers lists those that are tried: the network's own, then quarters,
// tenths, twentieths and hundredths up to 4.
func multipliers(own float64) []float64 {
	list := []float64{own}
	for _, step := range []int{25, 10, 5, 1} {
		for h := step; h <= 400; h += step {
			if m := float64(h) / 100; !slices.Contains(list, m) {
				list = append(list, m)
			}
		}
	}
	return list
}

// channels returns the number of channels that each block gives, and, by the
// index -1, the stem: those of the last batch norm there.
func channels(t *tree) map[int]int {
	seen := map[int]int{}
	note := func(i int, s *scope) {
		if norms := s[norm]; len(norms) > 0 {
			if v := norms[len(norms)-1].any(); len(v.shape) == 1 {
				seen[i] = v.shape[0]
			}
		}
	}
	note(-1, &t.stem)
	for i, s := range t.blocks {
		note(i, s)
	}
	return seen
}

// dilateAll is the blocks, each dilated: what the official code is told for a
// whole network.
func dilateAll(blocks []convert.Block) []convert.Block {
	blocks = slices.Clone(blocks)
	for i := range blocks {
		blocks[i].Dilated = true
	}
	return blocks
}

// dilateSeen is the blocks with those dilated whose large kernels the tree
// stores as 3×3.
func dilateSeen(t *tree, n convert.Network) []convert.Block {
	blocks := slices.Clone(n.Blocks)
	first := 0
	for i := range blocks {
		for r := first; r < first+blocks[i].Repeat; r++ {
			if stride := blocks[i].Stride; r == first && stride != 1 || t.blocks[r] == nil {
				continue
			}
			for g, l := range t.blocks[r][depthwise] {
				v := l.vars["depthwise_kernel"]
				if g < len(blocks[i].Kernels) && blocks[i].Kernels[g] > 3 && len(v.shape) == 4 && v.shape[0] == 3 {
					blocks[i].Dilated = true
				}
			}
		}
		first += blocks[i].Repeat
	}
	return blocks
}
