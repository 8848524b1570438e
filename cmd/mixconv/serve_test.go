package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// serveExample runs a command line of serve until its models are ready, and ends it.
func serveExample(t *testing.T, args []string) {
	t.Helper()
	whileServing(t, args, func(string) {})
}

// oipCheckExample checks a server of its own in place of the one that the example names.
func oipCheckExample(t *testing.T, args []string) {
	t.Helper()
	whileServing(t, []string{"serve", "model.onnx", "--listen", "127.0.0.1:0"}, func(url string) {
		var out, problem bytes.Buffer
		for i := range args {
			if args[i] == "http://127.0.0.1:8080" {
				args[i] = url
			}
		}
		if code := mainCode(args, strings.NewReader(""), &out, &problem); code != exitOK || !strings.Contains(out.String(), "pass") || problem.Len() > 0 {
			t.Errorf("exit %d: %s%s", code, out.String(), problem.String())
		}
	})
}

// whileServing does something while a command line of serve runs and its models are ready.
func whileServing(t *testing.T, args []string, do func(url string)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, in := io.Pipe()
	done := make(chan error, 1)
	a := &app{stdin: strings.NewReader(""), stdout: in, stderr: io.Discard}
	go func() { done <- a.execute(ctx, args) }()
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	for {
		answer, err := http.Get(strings.TrimSpace(url) + "/v2/health/ready")
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode == http.StatusOK {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	do(strings.TrimSpace(url))
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
