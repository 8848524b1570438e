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
)

// ParseBlock reads a block string. Like the official decoder it takes the
// fields in any order; unlike it, it refuses what it does not know, fields
// given twice, and a ratio that would silently mean no squeeze-and-excitation.
func ParseBlock(s string) (Block, error) {
	var b Block
	seen := map[string]bool{}
	for _, field := range strings.Split(s, "_") {
		key, value := splitField(field)
		if seen[key] {
			return Block{}, blockError(s, "field %s: given twice", errs.Quote(key))
		}
		seen[key] = true
		if err := b.set(key, value); err != nil {
			return Block{}, blockError(s, "field %s: %w", errs.Quote(field), err)
		}
	}
	for _, key := range []string{"r", "k", "a", "p", "s", "e", "i", "o"} {
		if !seen[key] {
			return Block{}, blockError(s, "field %s: missing, it is required", key)
		}
	}
	if err := b.check(); err != nil {
		return Block{}, blockError(s, "%w", err)
	}
	return b, nil
}

func blockError(s, format string, args ...any) error {
	return fmt.Errorf("block %s: %w", errs.Quote(s), fmt.Errorf(format, args...))
}

// splitField cuts a field before its first digit.
func splitField(field string) (key, value string) {
	i := strings.IndexAny(field, "0123456789")
	if i < 0 {
		return field, ""
	}
	return field[:i], field[i:]
}

func (b *Block) set(key, value string) (err error) {
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
		b.Stride, err = parseStrides(value)
	case "e":
		b.ExpandRatio, err = parseInt(value, maxExpand)
	case "i":
		b.In, err = parseInt(value, maxChannels)
	case "o":
		b.Out, err = parseInt(value, maxChannels)
	case "se":
		b.SERatio, err = parseRatio(value)
	case "noskip", "sw", "dilated":
		err = b.setFlag(key, value)
	default:
		err = errors.New("unknown, allowed r k a p s e i o se noskip sw dilated")
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
		b.Swish = true
	case "dilated":
		b.Dilated = true
	}
	return nil
}

// check tests what a single field cannot show.
func (b *Block) check() error {
	if b.Dilated && b.Stride == 1 && slices.Min(b.Kernels) < 3 {
		return fmt.Errorf("kernels %s: dilated, each must be 3 or more", formatKernels(b.Kernels))
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

// parseStrides reads two digits, which TensorFlow's depthwise convolution
// wants equal.
func parseStrides(s string) (int, error) {
	if len(s) != 2 || s[0] != s[1] || s[0] < '1' || s[0] > '9' {
		return 0, errors.New("must be two equal digits from 1 to 9")
	}
	return int(s[0] - '0'), nil
}

func parseRatio(s string) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v > 0 && v <= 1) || strings.ContainsAny(s, "xX") {
		return 0, errors.New("must be a number above 0 and at most 1")
	}
	return v, nil
}
