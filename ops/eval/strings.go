package eval

import (
	"slices"
	"strings"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/tensor"
)

// stringConcat checks how long the results are together: broadcasting repeats all
// strings of an input equally often.
func stringConcat(r *run) error {
	bytes := int64(0)
	for _, t := range r.in {
		repeats := int64(r.out[0].Elements() / t.Elements())
		for _, s := range tensor.Data[string](t) {
			if bytes += int64(len(s)) * repeats; bytes > r.most {
				return limit.Exceeded("output 0: strings of %d bytes, allowed %d", bytes, r.most)
			}
		}
	}
	return map2(r, r.in[0], r.in[1], func(a, b string) string { return a + b })
}

// stringSplit cuts at a delimiter, or at white space. Where there are fewer parts
// than elsewhere, empty strings follow.
func stringSplit(r *run) error {
	delimiter, limit := r.Attrs.String("delimiter", ""), -1
	if r.Attrs.Has("maxsplit") {
		limit = int(max(0, min(r.Attrs.Int("maxsplit", 0), 1<<30))) + 1
	}
	words := tensor.Data[string](r.in[0])
	parts, most, total := make([][]string, len(words)), 0, 0
	for i, s := range words {
		if delimiter != "" {
			parts[i] = strings.SplitN(s, delimiter, limit)
		} else {
			parts[i] = fields(s, limit)
		}
		most, total = max(most, len(parts[i])), total+len(parts[i])
		if err := r.spend(len(s)); err != nil {
			return err
		}
	}
	if err := r.make(0, append(r.in[0].Shape.Clone(), most)); err != nil {
		return err
	}
	for i, list := range parts {
		copy(tensor.Data[string](r.out[0])[i*most:], list)
		if len(r.out) > 1 {
			tensor.Data[int64](r.out[1])[i] = int64(len(list))
		}
	}
	return r.spend(total)
}

// fields is strings.Fields, but for the last of limit parts, which is the rest of s.
func fields(s string, limit int) []string {
	list := strings.Fields(s)
	if limit < 1 || len(list) <= limit {
		return list
	}
	for _, word := range list[:limit-1] {
		s = strings.TrimSpace(s)[len(word):]
	}
	return append(list[:limit-1], strings.TrimSpace(s))
}

// stringNormalizer drops stop words, and then changes the case.
func stringNormalizer(r *run) error {
	same := strings.EqualFold
	if r.Attrs.Int("is_case_sensitive", 0) != 0 {
		same = func(a, b string) bool { return a == b }
	}
	change := map[string]func(string) string{"LOWER": strings.ToLower, "UPPER": strings.ToUpper}[r.Attrs.String("case_change_action", "NONE")]
	stop := r.Attrs.Strings("stopwords")
	var kept []string
	for _, word := range tensor.Data[string](r.in[0]) {
		if err := r.spend(1 + len(stop)); err != nil {
			return err
		}
		if slices.ContainsFunc(stop, func(s string) bool { return same(s, word) }) {
			continue
		}
		if change != nil {
			word = change(word)
		}
		kept = append(kept, word)
	}
	if len(kept) == 0 {
		kept = []string{""} // the operator's result is never empty
	}
	shape := r.in[0].Shape.Clone()
	shape[len(shape)-1] = len(kept)
	if err := r.make(0, shape); err != nil {
		return err
	}
	copy(tensor.Data[string](r.out[0]), kept)
	return nil
}
