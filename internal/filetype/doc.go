// Package filetype tells what a file is by its content, never by its name. It
// reads the first bytes, the last few, and of a zip archive the list of members:
// enough to say what somebody has mistaken for something else, not whether the
// file is whole. All readers and commands share it.
package filetype
