package convert

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/errs"
)

// maxArch bounds a description; the longest of a named network has 1 kB.
const maxArch = 1 << 20

// ParseArch reads a network from a plain text: a setting a line, and a line of
// block strings for each stage. What follows a # is a comment.
//
//	name my-net
//	stem 32
//	activation relu6
//	features 1280
//	stage ds_r1_k3_s1_c16
//	stage ir_r2_k3.5_s2_e6_c24 ir_r1_k3_s1_e3_c24_se0.25_nsw
//
// Settings are given once and in any order; stem, stage and, unless the head
// is none, features are required:
//
//	name            custom            [A-Za-z0-9._-]
//	code            timm              or torchvision, pytorchcv, tensorflow: whose names parameters have
//	padding         symmetric         or same, as TensorFlow's
//	epsilon         1e-5              of the batch norms
//	activation      relu              or relu6, swish, hard_swish: of stem, head, and blocks without n…
//	stem            32                channels
//	fixed-stem      no                or yes: width does not scale the stem
//	stem-pool       no                or yes: a max pool follows the stem
//	head            conv              or pooled, pooled-bare, none
//	features        1280              channels of the head's convolution
//	classes         1000
//	width           1                 scales the channels, to multiples of divisor
//	divisor         8
//	se-of           input             or expanded: what a ratio of squeeze-and-excitation is relative to
//	se-divisor      0                 its bottleneck is a multiple of this
//	se-activation   that of the block
//	se-gate         sigmoid           or hard_sigmoid
func ParseArch(text []byte) (Network, error) {
	if len(text) > maxArch {
		return Network{}, errs.Format("", "%d bytes, a network's description has at most %d", len(text), maxArch)
	}
	n := Network{
		Name: "custom", Classes: 1000, DepthDivisor: 8,
		Naming: Timm, Padding: Symmetric, BatchNormEpsilon: 1e-5,
	}
	seen := map[string]bool{}
	for i, line := range strings.Split(string(text), "\n") {
		line, _, _ = strings.Cut(line, "#")
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if key == "" {
			continue
		}
		place := fmt.Sprintf("line %d", i+1)
		if seen[key] && key != "stage" {
			return Network{}, errs.Format(place, "%s: given twice", errs.Quote(key))
		}
		seen[key] = true
		if err := n.setArch(key, strings.TrimSpace(value)); err != nil {
			return Network{}, errs.Format(place, "%s: %w", errs.Quote(key), err)
		}
	}
	for _, key := range []string{"stem", "stage"} {
		if !seen[key] {
			return Network{}, errs.Format("", "%s: missing, it is required", key)
		}
	}
	if err := n.Check(); err != nil {
		return Network{}, errs.Format("", "%w", err)
	}
	return n, nil
}

// settings are the keys that setArch knows.
var settings = []string{"name", "code", "padding", "epsilon", "activation", "stem", "fixed-stem", "stem-pool", "head", "features", "classes",
	"width", "divisor", "se-of", "se-divisor", "se-activation", "se-gate", "stage"}

// setArch applies one line.
func (n *Network) setArch(key, value string) (err error) {
	switch key {
	case "name":
		n.Name, err = parseName(value)
	case "code":
		n.Naming, err = choose(value, []string{"timm", "torchvision", "pytorchcv", "tensorflow"}, []Naming{Timm, TorchVision, PyTorchCV, Official})
	case "padding":
		n.Padding, err = choose(value, []string{"symmetric", "same"}, []Padding{Symmetric, Same})
	case "epsilon":
		n.BatchNormEpsilon, err = parseEpsilon(value)
	case "activation":
		n.Activation, err = parseActivation(value)
	case "stem":
		n.Stem, err = parseInt(value, maxChannels)
	case "fixed-stem":
		n.FixedStem, err = parseBool(value)
	case "stem-pool":
		n.StemPool, err = parseBool(value)
	case "head":
		n.Head, err = choose(value, []string{"conv", "pooled", "pooled-bare", "none"}, []Head{HeadConv, HeadPooled, HeadPooledNoBias, HeadNone})
	case "features":
		n.FeatureSize, err = parseInt(value, maxChannels)
	case "classes":
		n.Classes, err = parseInt(value, maxClasses)
	case "width":
		n.DepthMultiplier, err = parseWidth(value)
	case "divisor":
		n.DepthDivisor, err = parseInt(value, maxChannels)
	case "se-of":
		n.SqueezeExcite.OfExpanded, err = choose(value, []string{"input", "expanded"}, []bool{false, true})
	case "se-divisor":
		n.SqueezeExcite.Divisor, err = parseInt(value, maxChannels)
	case "se-activation":
		n.SqueezeExcite.Activation, err = parseActivation(value)
	case "se-gate":
		n.SqueezeExcite.HardGate, err = choose(value, []string{"sigmoid", "hard_sigmoid"}, []bool{false, true})
	case "stage":
		err = n.addStage(value)
	default:
		err = fmt.Errorf("not a setting, allowed %s", strings.Join(settings, ", "))
	}
	return err
}

func (n *Network) addStage(line string) error {
	stage, err := parseStage(line)
	if err != nil {
		return err
	}
	if len(stage) == 0 {
		return errors.New("no blocks")
	}
	n.Blocks = append(n.Blocks, stage...)
	n.Stages = append(n.Stages, len(stage))
	return nil
}

// choose returns the value that stands where s stands among the names.
func choose[T any](s string, names []string, values []T) (v T, err error) {
	i := slices.Index(names, s)
	if i < 0 {
		return v, fmt.Errorf("%s, allowed %s", errs.Quote(s), strings.Join(names, ", "))
	}
	return values[i], nil
}

func parseBool(s string) (bool, error) { return choose(s, []string{"no", "yes"}, []bool{false, true}) }

func parseActivation(s string) (Activation, error) {
	all := []Activation{ReLU, ReLU6, Swish, HardSwish}
	names := make([]string, len(all))
	for i, a := range all {
		names[i] = string(a)
	}
	return choose(s, names, all)
}

// parseName reads a name that is safe in files, messages and labels.
func parseName(s string) (string, error) {
	const most = 64
	safe := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("._-", r)
	}
	if s == "" || len(s) > most || strings.ContainsFunc(s, func(r rune) bool { return !safe(r) }) {
		return "", fmt.Errorf("%s, allowed 1 to %d of the letters A to Z and a to z, digits, point, underscore and hyphen", errs.Quote(s), most)
	}
	return s, nil
}

func parseEpsilon(s string) (float32, error) {
	v, err := parseDecimal(s)
	if err != nil || !(v >= 0 && v <= 1) {
		return 0, fmt.Errorf("%s, allowed 0 to 1", errs.Quote(s))
	}
	return float32(v), nil
}

func parseWidth(s string) (float64, error) {
	v, err := parseDecimal(s)
	if err != nil || !(v > 0 && v <= 100) {
		return 0, fmt.Errorf("%s, allowed more than 0 and at most 100", errs.Quote(s))
	}
	return v, nil
}
