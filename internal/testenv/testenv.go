package testenv

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// Refs returns the folder of the large reference data (real checkpoints with
// recorded logits), named by MIXCONV_REFS. Without it the test is skipped, or
// fails if MIXCONV_REQUIRE lists "refs".
func Refs(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("MIXCONV_REFS")
	if dir == "" {
		Missing(t, "refs", "MIXCONV_REFS is not set: the reference checkpoints are not in the repository")
	}
	return dir
}

// Missing skips the test because what is absent, or fails it if the list in
// MIXCONV_REQUIRE (comma separated) names what.
func Missing(t testing.TB, what, why string) {
	t.Helper()
	if slices.Contains(strings.Split(os.Getenv("MIXCONV_REQUIRE"), ","), what) {
		t.Fatalf("MIXCONV_REQUIRE lists %q, but %s", what, why)
	}
	t.Skip(why)
}
