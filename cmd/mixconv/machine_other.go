//go:build !linux && !darwin

package main

import "os"

// processor is what Windows says; other systems say nothing.
func processor() string { return os.Getenv("PROCESSOR_IDENTIFIER") }
