package serve

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// request is a whole request as it goes over the wire.
type request struct {
	name string
	text string
}

// TestMalformed: each of these requests is refused with a status of the caller's and one
// line, or its connection is closed; after each the server answers as before. Versions and
// codings of HTTP that are not known are 501 and 505, as RFC 9110 has it.
func TestMalformed(t *testing.T) {
	url, session := startDigits(t)
	x := heldOut(t, 1)
	want := logits(t, session, x)
	good, length := binaryRequest(x, "")
	list := malformed(string(good), length)
	if len(list) < 150 {
		t.Errorf("%d requests", len(list))
	}
	names := map[string]bool{}
	for i, r := range list {
		if names[r.name] {
			t.Errorf("%s: twice", r.name)
		}
		names[r.name] = true
		status, body := wire(t, strings.TrimPrefix(url, "http://"), r)
		if status != 0 && (status < 400 || status > 499) && !strings.HasPrefix(r.name, "unknown HTTP") {
			t.Errorf("%s: status %d %.200q", r.name, status, body)
		}
		if n := strings.Count(strings.TrimSpace(body), "\n"); n > 0 {
			t.Errorf("%s: %d lines: %.300q", r.name, n+1, body)
		}
		if i%10 != 0 {
			continue
		}
		_, got := floats(t, ask(t, http.MethodPost, url+"/v2/models/digits/infer", good, "Inference-Header-Content-Length", length))
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("after %s another answer: %v, want %v", r.name, got, want)
		}
	}
}

// wire sends a request as it is, and returns the answer's status, 0 if there is none, and
// body.
func wire(t *testing.T, address string, r request) (status int, body string) {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	_, _ = io.WriteString(c, r.text) // the server may answer before it has read all
	_ = c.(*net.TCPConn).CloseWrite()
	data, err := io.ReadAll(c)
	if e, ok := err.(net.Error); ok && e.Timeout() {
		t.Errorf("%s: no answer within 5 s", r.name)
	}
	head, rest, ok := bytes.Cut(data, []byte("\r\n\r\n"))
	if !ok {
		return 0, ""
	}
	if _, err := fmt.Sscanf(string(head), "HTTP/1.1 %d", &status); err != nil {
		t.Errorf("%s: answered with %.100q", r.name, data)
	}
	if bytes.Contains(head, []byte("chunked")) {
		_, rest, _ = bytes.Cut(rest, []byte("\r\n"))
		rest, _, _ = bytes.Cut(rest, []byte("\r\n0\r\n"))
	}
	return status, string(rest)
}

// malformed are requests that are wrong in one way each.
func malformed(good, length string) (list []request) {
	add := func(name, text string) { list = append(list, request{name, text}) }
	const infer = "/v2/models/digits/infer"
	post := func(path, body string, headers ...string) string {
		text := "POST " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
		for _, h := range headers {
			text += h + "\r\n"
		}
		return text + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body)) + body
	}
	// The line and the headers.
	for i, line := range []string{
		"", "\r\n\r\n\r\n", "POST\r\n\r\n", "POST /\r\n\r\n", "POST / HTTQ/1.1\r\nHost: x\r\n\r\n",
		"P\x00ST / HTTP/1.1\r\nHost: x\r\n\r\n", "BREW /v2 HTTP/1.1\r\nHost: x\r\n\r\n", "GET v2 HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /v2/%zz HTTP/1.1\r\nHost: x\r\n\r\n", "GET /v2/\x00 HTTP/1.1\r\nHost: x\r\n\r\n", "GET /v2 HTTP/1.1\r\n\r\n",
		"GET /v2 HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "GET /v2 HTTP/1.1\r\nHost: \x01\r\n\r\n", "GET /v2 HTTP/1.1\r\nHost x\r\n\r\n",
		"GET /v2 HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n", "GET /v2 HTTP/1.1\r\nHost: x\r\nA B: y\r\n\r\n", "GET /v2 HTTP/1.1\r\nHost: x\r\nA: \x00\r\n\r\n",
		"POST " + infer + " HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "POST " + infer + " HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n",
		"POST " + infer + " HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
		"POST " + infer + " HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
		"POST " + infer + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
		"POST " + infer + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nabc\r\n0\r\n\r\n",
		"POST " + infer + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
		"GET /v2 HTTP/1.1\r\nHost: x\r\nA: " + strings.Repeat("a", 2<<20) + "\r\n\r\n",
		"GET /" + strings.Repeat("a", 2<<20) + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /v2 HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("A: a\r\n", 200_000) + "\r\n",
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "SSH-2.0-OpenSSH_9.6\r\n", strings.Repeat("\x00", 4096), strings.Repeat("\xff", 4096),
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + strings.Repeat("\xff", 100), "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
	} {
		add(fmt.Sprintf("line %d", i), line)
	}
	add("unknown HTTP version", "POST / HTTP/9.9\r\nHost: x\r\n\r\n")
	add("unknown HTTP coding", "GET /v2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n")
	add("unknown HTTP codings", "POST "+infer+" HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, chunked\r\n\r\n")
	// Paths.
	for _, path := range []string{
		"/v2/models//infer", "/v2/models/../infer", "/v2/models/digits/../../etc/passwd/infer", "/v2/models/%2e%2e/infer", "/v2/models/digits%00/infer",
		"/v2/models/digits/versions//infer", "/v2/models/digits/versions/-1/infer", "/v2/models/digits/versions/1.0/infer", "/v2/models/digits/versions/%F0%9F%92%A9/infer",
		"/v2/models/" + strings.Repeat("a", 10_000) + "/infer", "/v2/models/digits/infer/infer", "/v2/models/DIGITS/infer", "/V2/models/digits/infer",
		"/v2/models/digits.onnx/infer", "/v2/models/digits/unload", "/v2/repository/models/../load", "/v2/repository/models//unload",
		"/v2/repository/models/%2fetc%2fpasswd/load", "/v2/health", "/v2/models/digits/classify?top=0", "/v2/models/digits/classify?top=-1",
		"/v2/models/digits/classify?top=x", "/v2/models/digits/classify?top=99999999999999999999", "/playground/run?model=none", "/playground/run",
	} {
		add("path "+path[:min(len(path), 60)], post(path, good, "Inference-Header-Content-Length: "+length))
	}
	// JSON.
	const size, data = `"shape":[1,3,64,64],"datatype":"FP32"`, `"data":[0]`
	for i, body := range []string{
		"", " ", "null", "true", "1", `""`, "[", "{", "}", "{}", "{]", `{"inputs"`, `{"inputs":`, `{"inputs":null}`, `{"inputs":1}`, `{"inputs":"x"}`,
		`{"inputs":{}}`, `{"inputs":[]}`, `{"inputs":[null]}`, `{"inputs":[1]}`, `{"inputs":[[]]}`, `{"inputs":[{}]}`, `{"inputs":[{"name":null}]}`,
		`{"inputs":[{"name":1,` + size + `,` + data + `}]}`, `{"inputs":[{"name":"",` + size + `,` + data + `}]}`, `{"inputs":[{"name":"input"}]}`,
		`{"inputs":[{"name":"input",` + size + `}]}`, `{"inputs":[{"name":"input",` + size + `,"data":null}]}`, `{"inputs":[{"name":"input",` + size + `,"data":1}]}`,
		`{"inputs":[{"name":"input",` + size + `,"data":"AAAA"}]}`, `{"inputs":[{"name":"input",` + size + `,"data":[]}]}`, `{"inputs":[{"name":"input",` + size + `,"data":[null]}]}`,
		`{"inputs":[{"name":"input",` + size + `,"data":[1e999]}]}`, `{"inputs":[{"name":"input",` + size + `,"data":[NaN]}]}`, `{"inputs":[{"name":"input",` + size + `,"data":[0x1]}]}`,
		`{"inputs":[{"name":"input",` + size + `,"data":[01]}]}`, `{"inputs":[{"name":"input",` + size + `,"data":[+1]}]}`, `{"inputs":[{"name":"input",` + size + `,"data":[1,]}]}`,
		`{"inputs":[{"name":"input","shape":null,"datatype":"FP32","data":[0]}]}`, `{"inputs":[{"name":"input","shape":"1","datatype":"FP32","data":[0]}]}`,
		`{"inputs":[{"name":"input","shape":[],"datatype":"FP32","data":[0]}]}`, `{"inputs":[{"name":"input","shape":[0,3,64,64],"datatype":"FP32","data":[0]}]}`,
		`{"inputs":[{"name":"input","shape":[1,3,64,-64],"datatype":"FP32","data":[0]}]}`, `{"inputs":[{"name":"input","shape":[1,3,64,1e2],"datatype":"FP32","data":[0]}]}`,
		`{"inputs":[{"name":"input","shape":[4294967296,4294967296,4294967296,4294967296],"datatype":"FP32","data":[0]}]}`,
		`{"inputs":[{"name":"input","shape":[1,3,64,99999999999999999999],"datatype":"FP32","data":[0]}]}`,
		`{"inputs":[{"name":"input","shape":[` + strings.Repeat("1,", 999) + `1],"datatype":"FP32","data":[0]}]}`,
		`{"inputs":[{"name":"input","shape":[1,3,64,64],"datatype":null,"data":[0]}]}`, `{"inputs":[{"name":"input","shape":[1,3,64,64],"datatype":32,"data":[0]}]}`,
		`{"inputs":[{"name":"input","shape":[1,3,64,64],"datatype":"fp32","data":[0]}]}`, `{"inputs":[{"name":"input","shape":[1,3,64,64],"datatype":"BYTES","data":["a"]}]}`,
		`{"inputs":[{"name":"input","shape":[1,3,64,64],"datatype":"FP16","data":[0]}]}`, `{"inputs":[{"name":"input","shape":[1,3,64,64],"datatype":"BOOL","data":[true]}]}`,
		`{"id":1,"inputs":[{"name":"input",` + size + `,` + data + `}]}`, `{"parameters":[],"inputs":[{"name":"input",` + size + `,` + data + `}]}`,
		`{"outputs":{},"inputs":[{"name":"input",` + size + `,` + data + `}]}`, `{"outputs":[null],"inputs":[{"name":"input",` + size + `,` + data + `}]}`,
		`{"outputs":[{"name":"none"}],"inputs":[{"name":"input",` + size + `,` + data + `}]}`,
		`{"inputs":[{"name":"` + strings.Repeat("a", 100_000) + `",` + size + `,` + data + `}]}`, `{"inputs":` + strings.Repeat("[", 100_000), strings.Repeat(`{"a":`, 100_000),
		"{\"inputs\":[{\"name\":\"\xff\"}]}", "\xef\xbb\xbf{}", "{}\x00", `{"inputs":[]} {"inputs":[]}`, `{'inputs':[]}`, `{"inputs":[/*x*/]}`, `<xml/>`,
	} {
		add(fmt.Sprintf("json %d", i), post(infer, body, "Content-Type: application/json"))
	}
	// Bytes.
	for i, h := range []string{"-1", "+5", "0x10", "1e3", "abc", "99999999999999999999", "0", "1", fmt.Sprint(len(good)), fmt.Sprint(len(good) + 1)} {
		add(fmt.Sprintf("header %d", i), post(infer, good, "Inference-Header-Content-Length: "+h))
	}
	for i, change := range []string{`"binary_data_size":-49152`, `"binary_data_size":49151`, `"binary_data_size":49156`, `"binary_data_size":0`, `"binary_data_size":null`,
		`"binary_data_size":"49152"`, `"binary_data_size":49152.5`, `"binary_data_size":1e99`, `"binary_data_size":9223372036854775807`, `"binary_data_size":[49152]`} {
		text := strings.Replace(good, `"binary_data_size":49152`, change, 1)
		add(fmt.Sprintf("size %d", i), post(infer, text, fmt.Sprintf("Inference-Header-Content-Length: %d", len(text)-49152)))
	}
	// Encodings.
	for i, encoding := range []string{"gzip", "deflate", "br", "gzip, gzip", "identity, gzip", "\"gzip\"", "x"} {
		add(fmt.Sprintf("encoding %d", i), post(infer, good, "Content-Encoding: "+encoding, "Inference-Header-Content-Length: "+length))
	}
	// Pictures.
	for i, body := range []string{"", "GIF89a", "\x89PNG\r\n\x1a\n", "\xff\xd8\xff", "<svg/>", strings.Repeat("a", 100_000)} {
		add(fmt.Sprintf("picture %d", i), post("/v2/models/digits/classify", body, "Content-Type: image/png"))
	}
	for i, body := range []string{"", "--b", "--b--\r\n", "--b\r\n\r\n", "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\nabc", "--c\r\n\r\nabc\r\n--c--\r\n"} {
		add(fmt.Sprintf("multipart %d", i), post("/v2/models/digits/classify", body, "Content-Type: multipart/form-data; boundary=b"))
	}
	add("multipart without boundary", post("/v2/models/digits/classify", "--b--", "Content-Type: multipart/form-data"))
	return list
}
