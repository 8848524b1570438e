package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/errs"
)

// readArch reads a network of one's own; see convert.ParseArch for the format.
func readArch(path string) (*convert.Network, error) {
	const most = 1 << 20
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > most {
		return nil, fmt.Errorf("%s: a description of a network is a text file of at most %d bytes", errs.Quote(path), most)
	}
	text, err := os.ReadFile(path)
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
