package torch

import (
	"slices"
	"strings"
	"unicode"
)

// averageWords are the words in keys and prefixes of averages of weights: of
// timm, torchvision, BasicSR, Lightning's callbacks, ema-pytorch, torch's
// AveragedModel and others.
var averageWords = []string{"ema", "swa", "averaged", "averages", "average", "averaging", "avg", "polyak", "shadow"}

// namesAverages reports whether one of the words of a key or a prefix says
// that weights are averages: model_ema, EMACallback, ema_model.module.
func namesAverages(path string) bool {
	for _, word := range wordsOf(path) {
		if slices.Contains(averageWords, strings.ToLower(word)) {
			return true
		}
	}
	return false
}

// wordsOf cuts a name at everything but letters, and where one of a series of
// capitals begins a word: EMACallback is EMA and Callback, avgModel avg and
// Model.
func wordsOf(name string) []string {
	var words []string
	r := []rune(name)
	start := 0
	for i := range r {
		letter := unicode.IsLetter(r[i])
		begins := letter && i > start && unicode.IsUpper(r[i]) &&
			(unicode.IsLower(r[i-1]) || i+1 < len(r) && unicode.IsLower(r[i+1]))
		if !letter || begins {
			if i > start {
				words = append(words, string(r[start:i]))
			}
			start = i
			if !letter {
				start = i + 1
			}
		}
	}
	if start < len(r) {
		words = append(words, string(r[start:]))
	}
	return words
}

// averagedCount is what torch.optim.swa_utils.AveragedModel has beside the
// module that it wraps.
const averagedCount = "n_averaged"

// counters are tensors beside weights that no network computes with: of
// AveragedModel, of timm's and other libraries' averages.
var counters = []string{averagedCount, "num_updates", "decay", "initted", "step", "steps", "epoch", "global_step", "updates"}

// Lightning's WeightAveraging puts the averages where the weights usually are,
// and these under another key. The third says that it has done so.
const (
	lightningWeights = "state_dict"
	lightningRaw     = "current_model_state"
	lightningState   = "averaging_state"
)

// averages reports whether the tensors of d behind a prefix are averages.
func (c *contents) averages(d *dictionary, prefix string) bool {
	if d.key == lightningWeights && c.root != nil {
		_, raw := c.root.Get(lightningRaw)
		_, state := c.root.Get(lightningState)
		if raw && state {
			return true
		}
	}
	if namesAverages(d.key) || namesAverages(prefix) {
		return true
	}
	// AveragedModel has its count beside the module that it wraps.
	for _, e := range d.entries {
		if outer, ok := strings.CutSuffix(e.name, averagedCount); ok && strings.HasPrefix(prefix, outer+"module.") {
			return true
		}
	}
	return false
}

// lostAverages are the keys of what seem to be averages, but is not among the
// sets of tensors found: lists without names, or parts of a network.
func (c *contents) lostAverages(found []*candidate) []string {
	lost := slices.DeleteFunc(slices.Clone(c.lists), func(key string) bool { return !namesAverages(key) })
	for _, d := range c.dictionaries {
		fits := slices.ContainsFunc(found, func(f *candidate) bool { return f.dictionary == d })
		if !fits && len(d.entries) > 1 && namesAverages(d.key) {
			lost = append(lost, d.key)
		}
	}
	return lost
}
