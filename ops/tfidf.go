package ops

import (
	"fmt"
	"math"
	"slices"

	"github.com/mixconv/mixconv/tensor"
)

// inferTfIdf is for X [C] or [N,C]: one number for each index that an n-gram of
// the pool has.
func inferTfIdf(c *Call) ([]Type, error) {
	indexes, counts := c.Attrs.Ints("ngram_indexes"), c.Attrs.Ints("ngram_counts")
	if (c.In[0].DType == tensor.String) != c.Attrs.Has("pool_strings") {
		return nil, fmt.Errorf("a pool of strings or of int64s, must be as X is")
	}
	pool := len(c.Attrs.Ints("pool_int64s")) + len(c.Attrs.Strings("pool_strings"))
	least, most, skip := c.Attrs.Int("min_gram_length", 0), c.Attrs.Int("max_gram_length", 0), c.Attrs.Int("max_skip_count", 0)
	if least < 1 || most < least || most > int64(len(counts)) || skip < 0 || skip > math.MaxInt32 {
		return nil, fmt.Errorf("n-grams of %d to %d with %d skipped, counts for %d", least, most, skip, len(counts))
	}
	if mode := c.Attrs.String("mode", ""); !slices.Contains([]string{"TF", "IDF", "TFIDF"}, mode) {
		return nil, fmt.Errorf("attribute mode: %s, allowed TF, IDF, TFIDF", quote(mode))
	}
	grams, at := 0, int64(0)
	for i, start := range counts {
		end := int64(pool)
		if i+1 < len(counts) {
			end = counts[i+1]
		}
		if start < at || end < start || end > int64(pool) || (end-start)%int64(i+1) != 0 {
			return nil, fmt.Errorf("attribute ngram_counts: %s for a pool of %d", short(counts), pool)
		}
		grams, at = grams+int(end-start)/(i+1), start
	}
	if w := c.Attrs.Floats("weights"); grams != len(indexes) || len(indexes) == 0 || len(w) > 0 && len(w) != grams {
		return nil, fmt.Errorf("%d n-grams, %d indexes and %d weights", grams, len(indexes), len(w))
	}
	size := slices.Max(indexes) + 1
	if slices.Min(indexes) < 0 || size > math.MaxInt32 {
		return nil, fmt.Errorf("attribute ngram_indexes: allowed 0 to %d", math.MaxInt32)
	}
	x := c.In[0].Shape
	if x == nil {
		return one(nil), nil
	}
	if len(x) != 1 && len(x) != 2 {
		return nil, fmt.Errorf("input X: shape %s, must have rank 1 or 2", x)
	}
	return one(append(x[:len(x)-1:len(x)-1], int(size))), nil
}
