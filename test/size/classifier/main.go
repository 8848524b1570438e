// Command classifier is the least program that says what is on a photo: its size is a
// figure of docs/figures.md.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/mixconv/mixconv"
)

func main() {
	classifier, err := mixconv.Open(os.Args[1], mixconv.ClassifierOptions{})
	if err != nil {
		log.Fatal(err)
	}
	photo, err := os.ReadFile(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	classes, err := classifier.ClassifyBytes(context.Background(), photo, 5)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(classes)
}
