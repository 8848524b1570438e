// Package repository has the served models by name and version. Each is a file; one that
// changes is loaded beside the old one, which goes when its last request is answered.
package repository
