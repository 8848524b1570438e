package browser

import (
	"net/http"
	"net/http/httptest"
	"os/exec"
	"testing"
)

// TestWebAssembly: the page classifies drawn digits without a server.
func TestWebAssembly(t *testing.T) {
	if out, err := exec.Command("../../release/wasm.sh").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	server := httptest.NewServer(http.FileServer(http.Dir("../../dist/wasm")))
	defer server.Close()
	tryPlayground(t, chromium(t), server.URL+"/", "wasm")
}
