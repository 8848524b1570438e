package mixconv_test

import (
	"testing"

	"github.com/mixconv/mixconv/internal/testenv"
)

// TestREADME: the Go in the README is that of example_test.go.
func TestREADME(t *testing.T) { testenv.README(t) }
