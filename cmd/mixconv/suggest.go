package main

import (
	"fmt"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/spf13/cobra"
)

// allowed is the error for a word that is none of the allowed ones, with the
// nearest of them where one is near. What is the flag, or what else was named.
func allowed(what, given string, words ...string) error {
	return fmt.Errorf("%s %s: allowed %s%s", what, errs.Quote(given), strings.Join(words, ", "), didYouMean(given, words))
}

// didYouMean names the word that given was probably meant to be, "" if none is
// near.
func didYouMean(given string, words []string) string {
	if word := nearest(given, words); word != "" {
		return "; did you mean " + word + "?"
	}
	return ""
}

// nearest is the word with the fewest typing errors, if those are less than half
// of what was given, or the only one that begins with it.
func nearest(given string, words []string) string {
	best, least := "", 1+max(1, len(given)/3)
	var longer []string
	for _, word := range words {
		if d := distance(strings.ToLower(given), strings.ToLower(word)); d < least {
			best, least = word, d
		}
		if given != "" && strings.HasPrefix(word, strings.ToLower(given)) {
			longer = append(longer, word)
		}
	}
	if best == "" && len(longer) == 1 {
		return longer[0]
	}
	return best
}

// distance is how many bytes must be inserted, removed, replaced or exchanged
// with their neighbour to make b of a (optimal string alignment).
func distance(a, b string) int {
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[1] {
		rows[1][j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row := rows[(i+2)%3], rows[i%3], rows[(i+1)%3]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := last[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			row[j] = min(last[j]+1, row[j-1]+1, change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return rows[(len(a)+1)%3][len(b)]
}

// unknownCommand is the error for a word that is no command.
func unknownCommand(root *cobra.Command, word string) error {
	var names []string
	for _, c := range root.Commands() {
		if !c.Hidden {
			names = append(names, c.Name())
		}
	}
	return fmt.Errorf("unknown command %s%s (mixconv help lists them)", errs.Quote(word), didYouMean(word, names))
}
