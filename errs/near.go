package errs

import (
	"fmt"
	"iter"
)

// DidYouMean is the end of an error about a name that nothing has: " (did you mean
// conv_1?)" for the candidate closest to it, or "" if none is close.
func DidYouMean(name string, candidates iter.Seq[string]) string {
	best, distance := "", min(2+len(name)/5, 4)
	work := 2_000_000 // of comparing bytes, so that a large graph does not wait for it
	for candidate := range candidates {
		gap := len(candidate) - len(name)
		if candidate == "" || gap >= distance || -gap >= distance || work < 0 {
			continue
		}
		work -= len(candidate) * len(name)
		if d := EditDistance(name, candidate); d < distance || d == distance && candidate < best {
			best, distance = candidate, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %s?)", Quote(best))
}

// EditDistance is the number of insertions, deletions and substitutions of
// bytes that turn a into b (Levenshtein).
func EditDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
