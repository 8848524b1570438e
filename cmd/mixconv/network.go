package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/regular"
)

// readArch reads a network of one's own; see convert.ParseArch for the format.
func (a *app) readArch(path string) (*convert.Network, error) {
	if err := noStdin("--arch-file", path); err != nil {
		return nil, err
	}
	a.read = append(a.read, path)
	text, err := regular.Read(path, 1<<20)
	if err != nil {
		return nil, err
	}
	n, err := convert.ParseArch(text)
	return &n, errs.InFile(path, err)
}

// parseKernels reads kernel sizes as block strings have them: 3.5.7.
func parseKernels(s string) ([]int, error) {
	var kernels []int
	for part := range strings.SplitSeq(s, ".") {
		k, err := strconv.Atoi(part)
		if err != nil {
			return nil, fmt.Errorf("--mdconv %s: allowed are kernel sizes with points between, such as 3.5.7", errs.Quote(s))
		}
		kernels = append(kernels, k)
	}
	return kernels, nil
}
