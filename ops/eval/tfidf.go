package eval

import "github.com/mixconv/mixconv/tensor"

// tfIdf counts in every row how often each n-gram of the pool occurs: its
// elements at equal distances, up to max_skip_count between them.
func tfIdf(r *run) error {
	if r.in[0].DType == tensor.String {
		return countGrams(r, tensor.Data[string](r.in[0]), r.Attrs.Strings("pool_strings"))
	}
	x, _ := integers(r.in[0])
	return countGrams(r, x, r.Attrs.Ints("pool_int64s"))
}

func countGrams[T comparable](r *run, x, pool []T) error {
	out := tensor.Data[float32](r.out[0])
	width, size := r.in[0].Shape[len(r.in[0].Shape)-1], r.out[0].Shape[len(r.out[0].Shape)-1]
	counts := r.Attrs.Ints("ngram_counts")
	for row := range len(out) / size {
		gram := 0
		for n := 1; n <= len(counts); n++ {
			end := int64(len(pool))
			if n < len(counts) {
				end = counts[n]
			}
			for at := counts[n-1]; at < end; at += int64(n) {
				if int64(n) >= r.Attrs.Int("min_gram_length", 1) && int64(n) <= r.Attrs.Int("max_gram_length", 1) {
					found, err := r.occurrences(width, n, func(i, k int) bool { return x[row*width+i] == pool[int(at)+k] })
					if err != nil {
						return err
					}
					out[row*size+int(r.Attrs.Ints("ngram_indexes")[gram])] += r.gramWeight(gram, found)
				}
				gram++
			}
		}
	}
	return nil
}

// occurrences counts where an n-gram occurs; same compares element i of the row
// with element k of the n-gram.
func (r *run) occurrences(width, n int, same func(i, k int) bool) (found int, err error) {
	for apart := 1; apart <= int(r.Attrs.Int("max_skip_count", 0))+1 && (n-1)*apart < width; apart++ {
		for first := 0; first+(n-1)*apart < width; first++ {
			k := 0
			for k < n && same(first+k*apart, k) {
				k++
			}
			if k == n {
				found++
			}
			if err := r.spend(k + 1); err != nil {
				return 0, err
			}
		}
		if n == 1 {
			break // there is nothing between
		}
	}
	return found, nil
}

// gramWeight is what an n-gram counts that was found so many times.
func (r *run) gramWeight(gram, found int) float32 {
	weight := float32(1)
	if w := r.Attrs.Floats("weights"); len(w) > 0 {
		weight = w[gram]
	}
	switch r.Attrs.String("mode", "") {
	case "TF":
		return float32(found)
	case "IDF":
		return float32(min(found, 1)) * weight
	}
	return float32(found) * weight
}
