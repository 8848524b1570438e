// Package model is one version of a served model: its session, what it says of itself,
// its queue and its statistics.
package model
