package torch

import (
	"strings"

	"github.com/mixconv/mixconv/convert"
)

// leaves has what PyTorch's modules call their parameters, by kind.
var leaves = map[convert.Kind]string{
	convert.Kernel: "weight", convert.Depthwise: "weight", convert.Dense: "weight", convert.Bias: "bias",
	convert.Gamma: "weight", convert.Beta: "bias", convert.Mean: "running_mean", convert.Variance: "running_var",
}

// parameterName is what PyTorch calls p: blocks.1.0.bn1.running_mean.
func parameterName(p convert.Param) string { return p.Module + "." + leaves[p.Kind] }

// bookkeeping reports whether a tensor is none that a network computes with:
// how many batches a batch norm has seen.
func bookkeeping(name string) bool {
	return name == "num_batches_tracked" || strings.HasSuffix(name, ".num_batches_tracked")
}
