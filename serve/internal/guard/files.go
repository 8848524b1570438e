package guard

import (
	"crypto/subtle"
	"crypto/tls"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/mixconv/mixconv/errs"
)

// file is what was made of files, and is made again when they have changed: secrets are
// replaced while a server runs.
type file[T any] struct {
	paths []string
	make  func() (T, error)

	mu     sync.Mutex
	value  T
	times  []time.Time
	looked time.Time
}

// between is how often a file is looked at, at most.
const between = time.Second

// read returns the value. Files that cannot be read leave the one before.
func (f *file[T]) read() (T, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.times != nil && time.Since(f.looked) < between {
		return f.value, nil
	}
	f.looked = time.Now()
	var times []time.Time
	for _, path := range f.paths {
		info, err := os.Stat(path)
		if err != nil {
			return f.value, f.unless(err)
		}
		times = append(times, info.ModTime())
	}
	if fmt.Sprint(times) == fmt.Sprint(f.times) {
		return f.value, nil
	}
	value, err := f.make()
	if err != nil {
		return f.value, f.unless(err)
	}
	f.value, f.times = value, times
	return value, nil
}

// unless is err if nothing has been read yet.
func (f *file[T]) unless(err error) error {
	if f.times != nil {
		return nil
	}
	return err
}

// Token is what callers must know.
type Token struct{ file file[string] }

// ReadToken reads it from a file, whose space at the ends does not count.
func ReadToken(path string) (*Token, error) {
	t := &Token{file[string]{paths: []string{path}, make: func() (string, error) {
		data, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		token := strings.TrimSpace(string(data))
		if token == "" || strings.ContainsAny(token, " \n\t") {
			return "", fmt.Errorf("%s: allowed is one token", errs.Quote(path))
		}
		return token, nil
	}}}
	_, err := t.file.read()
	return t, err
}

// Allows reports whether a header Authorization has the token.
func (t *Token) Allows(authorization string) bool {
	scheme, given, _ := strings.Cut(authorization, " ")
	token, err := t.file.read()
	return err == nil && strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare([]byte(strings.TrimSpace(given)), []byte(token)) == 1
}

// Certificate makes TLS's configuration of a certificate and its key, in files.
func Certificate(cert, key string) (*tls.Config, error) {
	f := &file[*tls.Certificate]{paths: []string{cert, key}, make: func() (*tls.Certificate, error) {
		c, err := tls.LoadX509KeyPair(cert, key)
		return &c, err
	}}
	if _, err := f.read(); err != nil {
		return nil, fmt.Errorf("certificate %s with key %s: %w", errs.Quote(cert), errs.Quote(key), err)
	}
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return f.read() },
	}, nil
}
