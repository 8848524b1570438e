// Command web answers a picture that is sent to it with its classes, as JSON:
//
//	go run ./examples/web model.onnx &
//	curl --data-binary @cat.jpg http://127.0.0.1:8080/
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/mixconv/mixconv"
)

const maxPicture = 16 << 20 // bytes

func main() {
	if len(os.Args) < 2 {
		log.Fatal("usage: web model.onnx [address]")
	}
	classifier, err := mixconv.Open(os.Args[1], mixconv.ClassifierOptions{})
	if err != nil {
		log.Fatal(err)
	}
	address := "127.0.0.1:8080"
	if len(os.Args) > 2 {
		address = os.Args[2]
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening on", listener.Addr())
	server := &http.Server{Handler: classify(classifier), ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second}
	log.Fatal(server.Serve(listener))
}

// classify is a handler. A Classifier may be used by any number of requests at once; a
// client that leaves ends its request's run.
func classify(c *mixconv.Classifier) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		picture, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPicture))
		if err != nil {
			http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
			return
		}
		classes, err := c.ClassifyBytes(r.Context(), picture, 5)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(classes) // an error here means that the client left
	}
}
