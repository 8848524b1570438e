//go:build !linux && !darwin

package main

func peakRSS() *float64 { return nil }
