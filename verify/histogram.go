package verify

import (
	"fmt"
	"math"
	"strings"

	"github.com/mixconv/mixconv/tensor"
)

// Histogram counts elements by their error |a−b| / max|ref| of the picture: in
// place 0 those without error, in place i those up to 10^(i−10) and beyond the
// place before, so that place 10 ends at 1; place 11 has the larger ones. NaN
// and infinite elements are in none.
type Histogram [12]int

// count adds an element.
func (h *Histogram) count(diff, largest float64) {
	switch {
	case diff == 0:
		h[0]++
	case !(diff <= largest):
		h[len(h)-1]++
	default:
		decade := math.Ceil(math.Log10(diff / largest)) // at most 0
		h[tensor.IntWithin(decade, 3-len(h), 0)+len(h)-2]++
	}
}

func (h *Histogram) add(other Histogram) {
	for i, n := range other {
		h[i] += n
	}
}

// bucketNames are the upper ends of a Histogram's places.
var bucketNames = [len(Histogram{})]string{"0", "1e-9", "1e-8", "1e-7", "1e-6", "1e-5", "1e-4", "1e-3", "1e-2", "0.1", "1", "more"}

// String lists the places that are not empty, in percent.
func (h Histogram) String() string {
	total := 0
	for _, n := range h {
		total += n
	}
	var parts []string
	for i, n := range h {
		if n == 0 {
			continue
		}
		end := "≤ " + bucketNames[i]
		if i == 0 {
			end = "equal"
		} else if i == len(h)-1 {
			end = "> 1"
		}
		parts = append(parts, fmt.Sprintf("%s %.3g %%", end, 100*float64(n)/float64(total)))
	}
	return strings.Join(parts, ", ")
}
