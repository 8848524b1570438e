package torch

import (
	"maps"
	"slices"

	"github.com/mixconv/mixconv/convert/torch/internal/pickle"
)

// claim is what a file says of itself: the name of a network.
type claim struct{ where, name string }

// The keys under which trainers store a network's name, and those of
// dictionaries in which they do: timm's and torchvision's scripts, Lightning,
// MMEngine, Hydra's and other configurations.
var (
	nameKeys = []string{
		"architecture", "arch", "arch_name", "model_arch", "model_name", "model", "net", "network",
		"backbone", "backbone_name", "encoder", "encoder_name", "timm_model", "timm_name",
	}
	aboutKeys = []string{
		"args", "hyper_parameters", "hparams", "config", "cfg", "opt", "options", "meta", "params",
		"model_args", "model_config", "model_cfg", "pretrained_cfg", "default_cfg", "model", "backbone",
	}
)

// maxName bounds a name; longer texts are none.
const maxName = 128

// claimsOf collects what a checkpoint says, what is said outside first.
func claimsOf(root *pickle.Dict) []claim {
	const deepest = 3
	var found []claim
	type place struct {
		dict  *pickle.Dict
		where string
	}
	level := []place{{root, ""}}
	for range deepest {
		var next []place
		for _, at := range level {
			for _, key := range nameKeys {
				v, _ := at.dict.Get(key)
				if name, ok := v.(string); ok && name != "" && len(name) <= maxName {
					found = append(found, claim{joinKeys(at.where, key), name})
				}
			}
			for _, key := range aboutKeys {
				v, _ := at.dict.Get(key)
				if d := attributes(v); d != nil {
					next = append(next, place{d, joinKeys(at.where, key)})
				}
			}
		}
		level = next
	}
	return found
}

// epsilon is that of the batch norms where the arguments of timm's training
// script have one; 0 if they do not.
func (c *contents) epsilon() float32 {
	if c.root == nil {
		return 0
	}
	v, _ := c.root.Get("args")
	args := attributes(v)
	if args == nil {
		return 0
	}
	v, _ = args.Get("bn_eps")
	e, _ := v.(float64)
	return float32(e)
}

// attributes are the entries of a dictionary or the attributes of an object,
// such as an argparse.Namespace; nil of anything else.
func attributes(v any) *pickle.Dict {
	switch v := v.(type) {
	case *pickle.Dict:
		return v
	case *pickle.Object:
		return v.State
	}
	return nil
}

// claimsOfTexts are those of a safetensors file's metadata.
func claimsOfTexts(texts map[string]string) []claim {
	var found []claim
	for _, key := range slices.Sorted(maps.Keys(texts)) {
		if name := texts[key]; slices.Contains(nameKeys, key) && name != "" && len(name) <= maxName {
			found = append(found, claim{"__metadata__." + key, name})
		}
	}
	return found
}
