// Command load calls a server of the Open Inference Protocol from so many callers for so
// long, and prints what came of it as JSON. Tensors go and come as bytes.
//
//	load -url http://127.0.0.1:8080 -model mixnet-s -size 224 -callers 8 -for 10s
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"
)

func main() {
	url := flag.String("url", "http://127.0.0.1:8080", "the server; only this machine is called")
	model := flag.String("model", "mixnet-s", "")
	size := flag.Int("size", 224, "height and width of the pictures")
	callers := flag.Int("callers", 1, "")
	warm := flag.Duration("warm", 2*time.Second, "calls before those that count")
	long := flag.Duration("for", 10*time.Second, "calls that count")
	flag.Parse()
	body, head := request(*size)
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: *callers}}
	address := *url + "/v2/models/" + *model + "/infer"
	calls(client, address, body, head, *callers, *warm)
	r := calls(client, address, body, head, *callers, *long)
	if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
		log.Fatal(err)
	}
}

// request is a picture as bytes, behind its description of head bytes.
func request(size int) (body []byte, head int) {
	pixels := make([]byte, 3*size*size*4)
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := 3; i < len(pixels); i += 4 {
		pixels[i-2], pixels[i-1], pixels[i] = byte(rnd.Uint32()), byte(rnd.Uint32())&0x7f|0x80, 0x3f-byte(rnd.Uint32()&1) // float32 from 0.25 to 2
	}
	text := fmt.Sprintf(`{"inputs":[{"name":"input","shape":[1,3,%d,%d],"datatype":"FP32","parameters":{"binary_data_size":%d}}],`+
		`"outputs":[{"name":"logits","parameters":{"binary_data":true}}]}`, size, size, len(pixels))
	return append([]byte(text), pixels...), len(text)
}

// result is what came of the calls.
type result struct {
	Requests   int     `json:"requests"`
	Failed     int     `json:"failed"`
	PerSecond  float64 `json:"per_second"`
	P50, P99   float64 // milliseconds
	FirstError string  `json:"first_error,omitempty"`
}

func calls(client *http.Client, address string, body []byte, head, callers int, long time.Duration) (r result) {
	var all sync.WaitGroup
	var mu sync.Mutex
	var took []time.Duration
	begin := time.Now()
	for range callers {
		all.Go(func() {
			for time.Since(begin) < long {
				start := time.Now()
				err := call(client, address, body, head)
				mu.Lock()
				if r.Requests++; err != nil {
					r.Failed++
					r.FirstError = err.Error()
				}
				took = append(took, time.Since(start))
				mu.Unlock()
			}
		})
	}
	all.Wait()
	r.PerSecond = float64(r.Requests-r.Failed) / time.Since(begin).Seconds()
	slices.Sort(took)
	r.P50, r.P99 = took[len(took)/2].Seconds()*1000, took[len(took)*99/100].Seconds()*1000
	return r
}

func call(client *http.Client, address string, body []byte, head int) error {
	r, err := http.NewRequest(http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/octet-stream")
	r.Header.Set("Inference-Header-Content-Length", strconv.Itoa(head))
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %.200s", answer.Status, data)
	}
	return err
}
