// Package observe says what a server does: a log line and counters for every request,
// under the identifiers that its caller gave it.
package observe
