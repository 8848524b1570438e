// Package bundletest writes checkpoints for tests: in every layout that the
// format allows, and broken ones.
package bundletest
