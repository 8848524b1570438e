package tf

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/tensor"
)

// average is what tf.train.ExponentialMovingAverage appends to the name of the
// variable that it averages.
const average = "/ExponentialMovingAverage"

// named is a variable of the network: itself, its average, or both.
type named struct {
	name     string
	shape    tensor.Shape
	raw, avg int // indices of the stored variables, -1 if absent
}

// names are a store's variables by name, those that no network needs left out.
type names struct {
	vars []named // sorted by name
}

// slots are the names that TensorFlow's optimizers append to that of a
// variable for what they keep with it.
var slots = []string{
	"Momentum", "RMSProp", "RMSProp_1", "RMSProp_2", "Adam", "Adam_1", "AdamW", "AdamW_1",
	"LAMB", "LAMB_1", "adam_m", "adam_v", "Adagrad", "Adadelta", "Adadelta_1", "Ftrl", "Ftrl_1", "LARSOptimizer",
}

// bookkeeping are variables that training keeps beside the network's.
var bookkeeping = []string{"global_step", "beta1_power", "beta2_power", "save_counter", "loss_scale", "current_loss_scale", "good_steps"}

// debiasing are the parts that a zero-debiased average adds to its name.
var debiasing = []string{"biased", "local_step"}

// objectGraph is the key by which a checkpoint of tf.train.Checkpoint, whose
// keys are paths of Python attributes, is known.
const objectGraph = "_CHECKPOINTABLE_OBJECT_GRAPH"

// sortOut pairs variables with their averages and drops what is knowingly
// ignored: optimizers' slots and training's bookkeeping.
func sortOut(vars []variable) (*names, error) {
	byName := make(map[string]int, len(vars))
	for i, v := range vars {
		byName[v.name] = i
	}
	if _, ok := byName[objectGraph]; ok {
		return nil, &errs.UnsupportedError{Items: []errs.Unsupported{{
			Node: objectGraph, Reason: "an object-based checkpoint (tf.train.Checkpoint, Keras); name-based ones (tf.train.Saver) are supported",
		}}}
	}
	n := &names{}
	index := make(map[string]int, len(vars))
	for i, v := range vars {
		name, averaged := strings.CutSuffix(v.name, average)
		if ignored(name, byName) {
			continue
		}
		at, known := index[name]
		if !known {
			at = len(n.vars)
			index[name] = at
			n.vars = append(n.vars, named{name: name, shape: v.shape, raw: -1, avg: -1})
		}
		entry := &n.vars[at]
		if averaged {
			entry.avg = i
		} else {
			entry.raw = i
		}
		if !v.shape.Equal(entry.shape) {
			return nil, errs.Format("tensor "+errs.Quote(v.name), "shape %s, but %s for the variable or its average", v.shape, entry.shape)
		}
	}
	slices.SortFunc(n.vars, func(a, b named) int { return strings.Compare(a.name, b.name) })
	return n, nil
}

// ignored reports whether a variable is none of the network's. A slot only
// counts as one beside its variable.
func ignored(name string, all map[string]int) bool {
	owner, leaf := "", name
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		owner, leaf = name[:i], name[i+1:]
	}
	if slices.Contains(bookkeeping, leaf) {
		return true
	}
	if slices.Contains(debiasing, leaf) {
		return strings.HasSuffix(owner, average)
	}
	if slices.Contains(slots, leaf) {
		_, raw := all[owner]
		_, avg := all[owner+average]
		return raw || avg
	}
	return false
}

// useAverages decides whether averages are taken.
func (n *names) useAverages(ema string) (bool, error) {
	raw := slices.ContainsFunc(n.vars, func(v named) bool { return v.raw >= 0 })
	avg := slices.ContainsFunc(n.vars, func(v named) bool { return v.avg >= 0 })
	switch {
	case ema == "on" && !avg:
		return false, errs.Format("", "no averages (names ending in %s) are stored, though they are asked for", average)
	case ema == "off" && !raw && avg:
		return false, errs.Format("", "only averages are stored, though raw variables are asked for")
	}
	return avg && ema != "off", nil
}

// averagedMoments reports whether any moment of a batch norm has an average.
// The official code averages moments as it does what it trains: then each must
// have one. Code that averages with tf.train.ExponentialMovingAverage's
// defaults has averages of trained variables alone, and what variables_to_restore
// then restores moments from, all of them, are the variables themselves.
func averagedMoments(roles []role) bool {
	return slices.ContainsFunc(roles, func(r role) bool { return !r.Kind.Trained() && r.v.avg >= 0 })
}

// pick returns the index of the stored variable to read: the average or the
// variable itself, never one in place of the other.
func (v named) pick(average bool) (int, error) {
	switch {
	case average && v.avg >= 0:
		return v.avg, nil
	case average:
		return 0, fmt.Errorf("no average of it is stored, but there are averages of others (take the raw variables with averages off)")
	case v.raw >= 0:
		return v.raw, nil
	}
	return 0, fmt.Errorf("only its average is stored")
}
