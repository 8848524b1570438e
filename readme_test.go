package mixconv_test

import (
	"testing"

	"github.com/mixconv/mixconv/internal/testenv"
)

// TestREADME: the Go in the README and in docs/program.md is that of
// example_test.go.
func TestREADME(t *testing.T) { testenv.README(t, "docs/program.md") }
