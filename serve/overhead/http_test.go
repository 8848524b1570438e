package overhead

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/mixconv/mixconv/serve/internal/oip"
	"github.com/mixconv/mixconv/tensor"
)

// inferPath answers inferences of the model that serveMean serves.
const inferPath = "/v2/models/model/infer"

// binaryBody is a request with binary data both ways: so many bytes of it are JSON.
func binaryBody(input string, x *tensor.Tensor) (body []byte, header int) {
	text := fmt.Sprintf(`{"inputs":[{"name":%q,"datatype":"FP32","shape":[1,3,224,224],"parameters":{"binary_data_size":%d}}],"parameters":{"binary_data_output":true}}`, input, oip.BinarySize(x))
	return oip.AppendBinary([]byte(text), x), len(text)
}

// httpConnection sends requests over a connection as soon as they are made: a client that
// costs next to nothing. It returns the body of the answer.
func httpConnection(t testing.TB, address, input string, x *tensor.Tensor) func() []byte {
	t.Helper()
	body, header := binaryBody(input, x)
	request := append(fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\nInference-Header-Content-Length: %d\r\n\r\n", inferPath, address, len(body), header), body...)
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	from := bufio.NewReader(c)
	return func() []byte {
		if _, err := c.Write(request); err != nil {
			t.Fatal(err)
		}
		answer, err := http.ReadResponse(from, nil)
		if err != nil {
			t.Fatal(err)
		}
		return readAll(t, answer)
	}
}

// httpClient sends requests with net/http.
func httpClient(t testing.TB, address, input string, x *tensor.Tensor) func() []byte {
	t.Helper()
	body, header := binaryBody(input, x)
	client := &http.Client{Transport: &http.Transport{DisableCompression: true, WriteBufferSize: 64 << 10}}
	t.Cleanup(client.CloseIdleConnections)
	return func() []byte {
		r, err := http.NewRequest("POST", "http://"+address+inferPath, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Inference-Header-Content-Length", fmt.Sprint(header))
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		return readAll(t, answer)
	}
}

func readAll(t testing.TB, answer *http.Response) []byte {
	t.Helper()
	data, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatal(answer.Status, err)
	}
	return data
}
