// Package errs has the two errors that callers tell apart with errors.As: the
// file is broken (FormatError), or it is right and not implemented
// (UnsupportedError). Both print one line.
package errs
