package convert

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/errs"
)

// Bounds of what a block string may say. They are far beyond any network and
// keep every product of two of them small.
const (
	maxRepeat   = 100
	maxKernel   = 99
	maxGroups   = 8 // what MDConv has names for
	maxExpand   = 100
	maxChannels = 1 << 16
	maxClasses  = 1 << 24
)

// notation is what may and what must stand in the block strings of a kind.
type notation struct {
	required, optional []string
}

// notations has, by kind, the fields of a block string; the kind itself is not
// among them.
var notations = map[BlockKind]notation{
	MBConv:             {words("r k a p s e i o"), words("se noskip sw exp dilated")},
	InvertedResidual:   {words("r k s e c"), words("a p se n noskip exp dilated")},
	DepthwiseSeparable: {words("r k s c"), words("e p se n noskip exp dilated")},
	Separable:          {words("r k s c"), words("e p se n exp dilated")},
	EdgeResidual:       {words("r k s e c"), words("se n noskip")},
	Plain:              {words("r k s c"), words("e n")},
	Shuffled:           {words("r k s c"), words("n exp dilated")},
	Skipped:            {words("r"), nil},
}

func words(s string) []string { return strings.Fields(s) }

// ParseBlock reads a block string. One that begins with a kind (ir, er, ds,
// dsa, cn, su, id) is in timm's notation, any other in that of the official MixNet
// code. Like their decoders it takes the fields in any order; unlike them, it
// refuses what it does not know, fields given twice, and a ratio that would
// silently mean no squeeze-and-excitation.
func ParseBlock(s string) (Block, error) {
	b := Block{Expand: []int{1}, Project: []int{1}}
	fields := strings.Split(s, "_")
	if _, ok := notations[BlockKind(fields[0])]; ok && fields[0] != "" {
		b.Kind, fields = BlockKind(fields[0]), fields[1:]
	}
	seen := map[string]bool{}
	for _, field := range fields {
		key, value := splitField(field)
		if seen[key] {
			return Block{}, blockError(s, "field %s: given twice", errs.Quote(key))
		}
		seen[key] = true
		if err := b.set(key, value); err != nil {
			return Block{}, blockError(s, "field %s: %w", errs.Quote(field), err)
		}
	}
	for _, key := range notations[b.Kind].required {
		if !seen[key] {
			return Block{}, blockError(s, "field %s: missing, it is required", key)
		}
	}
	if err := b.complete(); err != nil {
		return Block{}, blockError(s, "%w", err)
	}
	return b, nil
}

func blockError(s, format string, args ...any) error {
	return fmt.Errorf("block %s: %w", errs.Quote(s), fmt.Errorf(format, args...))
}

// splitField cuts a field before its first digit. An activation's code, such
// as nr6, is its value.
func splitField(field string) (key, value string) {
	if code, ok := strings.CutPrefix(field, "n"); ok && activationCodes[code] != "" {
		return "n", code
	}
	i := strings.IndexAny(field, "0123456789")
	if i < 0 {
		return field, ""
	}
	return field[:i], field[i:]
}

func (b *Block) set(key, value string) (err error) {
	if n := notations[b.Kind]; !slices.Contains(n.required, key) && !slices.Contains(n.optional, key) {
		return fmt.Errorf("unknown, allowed %s", strings.Join(slices.Concat(n.required, n.optional), " "))
	}
	switch key {
	case "r":
		b.Repeat, err = parseInt(value, maxRepeat)
	case "k":
		b.Kernels, err = parseKernels(value)
	case "a":
		b.Expand, err = parseKernels(value)
	case "p":
		b.Project, err = parseKernels(value)
	case "s":
		b.Stride, err = b.parseStride(value)
	case "e":
		b.ExpandRatio, err = b.parseExpansion(value)
	case "i":
		b.In, err = parseInt(value, maxChannels)
	case "o", "c":
		b.Out, err = parseInt(value, maxChannels)
	case "se":
		b.SERatio, err = parseRatio(value)
	case "n":
		b.Activation = activationCodes[value]
	default:
		err = b.setFlag(key, value)
	}
	return err
}

func (b *Block) setFlag(key, value string) error {
	if value != "" {
		return fmt.Errorf("%s takes no number", key)
	}
	switch key {
	case "noskip":
		b.NoSkip = true
	case "sw":
		b.Activation = Swish
	case "exp":
		b.Exponential = true
	case "dilated":
		b.Dilated = true
	}
	return nil
}

// complete tests what a single field cannot show, and drops what the kind
// leaves without a meaning.
func (b *Block) complete() error {
	if b.Dilated && b.Stride == 1 && slices.Min(b.Kernels) < 3 {
		return fmt.Errorf("kernels %s: dilated, each must be 3 or more", formatKernels(b.Kernels))
	}
	switch b.Kind {
	case DepthwiseSeparable, Separable, Plain:
		if b.ExpandRatio > 1 {
			return fmt.Errorf("field e: %g, %s does not expand", b.ExpandRatio, b.Kind)
		}
		b.ExpandRatio = 0
	}
	if (b.Kind == Plain || b.Kind == EdgeResidual) && len(b.Kernels) != 1 {
		return fmt.Errorf("kernels %s: %s takes one", formatKernels(b.Kernels), b.Kind)
	}
	return nil
}

func parseInt(s string, most int) (int, error) {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil || n < 1 || n > uint64(most) {
		return 0, fmt.Errorf("must be a number from 1 to %d", most)
	}
	return int(n), nil
}

func parseKernels(s string) ([]int, error) {
	parts := strings.Split(s, ".")
	if len(parts) > maxGroups {
		return nil, fmt.Errorf("%d groups, allowed at most %d", len(parts), maxGroups)
	}
	sizes := make([]int, len(parts))
	for i, part := range parts {
		k, err := parseInt(part, maxKernel)
		if err != nil {
			return nil, fmt.Errorf("kernel size %d %w", i, err)
		}
		sizes[i] = k
	}
	return sizes, nil
}

// parseStride reads one digit; in the official notation two, which
// TensorFlow's depthwise convolution wants equal.
func (b *Block) parseStride(s string) (int, error) {
	if b.Kind != MBConv {
		return parseInt(s, 9)
	}
	if len(s) != 2 || s[0] != s[1] || s[0] < '1' || s[0] > '9' {
		return 0, errors.New("must be two equal digits from 1 to 9")
	}
	return int(s[0] - '0'), nil
}

// parseExpansion reads a whole number, or with a kind also a broken one.
func (b *Block) parseExpansion(s string) (float64, error) {
	if b.Kind == MBConv {
		n, err := parseInt(s, maxExpand)
		return float64(n), err
	}
	v, err := parseDecimal(s)
	if err != nil || v < 1 || v > maxExpand {
		return 0, fmt.Errorf("must be a number from 1 to %d", maxExpand)
	}
	return v, nil
}

func parseRatio(s string) (float64, error) {
	v, err := parseDecimal(s)
	if err != nil || !(v > 0 && v <= 1) {
		return 0, errors.New("must be a number above 0 and at most 1")
	}
	return v, nil
}

func parseDecimal(s string) (float64, error) {
	if strings.ContainsAny(s, "xX") {
		return 0, errors.New("hexadecimal")
	}
	return strconv.ParseFloat(s, 64)
}
