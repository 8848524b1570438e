package browser

import (
	"bufio"
	"bytes"
	"context"
	"image"
	"image/png"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

// TestServe: the page of `mixconv serve` classifies drawn digits.
func TestServe(t *testing.T) {
	if out, err := exec.Command("../../release/wasm.sh").CombinedOutput(); err != nil { // it makes the model
		t.Fatalf("%v\n%s", err, out)
	}
	program := filepath.Join(t.TempDir(), "mixconv")
	build := exec.Command("go", "build", "-o", program, "./cmd/mixconv")
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	address, tab := "http://"+serve(t, program, "../../dist/wasm/digits.onnx"), chromium(t)
	tryPlayground(t, tab, address+"/", "serve")
	others(t, tab, address)
}

// others: what other callers have run shows in the chart.
func others(t *testing.T, tab context.Context, address string) {
	t.Helper()
	evaluate[string](t, tab, "last = null, 'forgotten'")
	wait[bool](t, tab, "last !== null")
	picture := new(bytes.Buffer)
	if err := png.Encode(picture, image.NewGray(image.Rect(0, 0, 64, 64))); err != nil {
		t.Fatal(err)
	}
	answer, err := http.Post(address+"/v2/models/digits/classify", "image/png", picture)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("classify answers %s", answer.Status)
	}
	wait[bool](t, tab, "document.querySelector('#chart circle.others') !== null")
}

var listening = regexp.MustCompile(`url=http://(\S+)`)

// serve starts a server and returns its address. The test stops it.
func serve(t *testing.T, program string, models ...string) string {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
	server := exec.CommandContext(ctx, program, append([]string{"serve", "--listen", "127.0.0.1:0"}, models...)...)
	stderr, err := server.StderrPipe()
	if err == nil {
		err = server.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); _ = server.Wait() }) // it is killed, which is its error
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if found := listening.FindStringSubmatch(lines.Text()); found != nil {
			go func() {
				for lines.Scan() { // or the pipe fills
				}
			}()
			return found[1]
		}
	}
	t.Fatal("the server does not say where it listens")
	return ""
}
