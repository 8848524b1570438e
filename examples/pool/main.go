// Command pool has as many goroutines classify pictures as the processor has cores, each
// one picture on one thread: the most pictures a second. The paths come on stdin, the
// answers in any order.
//
//	find photos -name '*.jpg' | go run ./examples/pool model.onnx
package main

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"os"
	"runtime"
	"sync"

	"github.com/mixconv/mixconv"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: pool model.onnx < PATHS")
	}
	classifier, err := mixconv.Open(os.Args[1], mixconv.ClassifierOptions{Options: mixconv.Options{Threads: 1}})
	if err != nil {
		log.Fatal(err)
	}
	paths := make(chan string)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) { // the budget: no goroutine computes on more than one thread
		workers.Go(func() {
			for path := range paths {
				fmt.Println(answer(classifier, path))
			}
		})
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		paths <- lines.Text()
	}
	close(paths)
	workers.Wait()
	if err := lines.Err(); err != nil {
		log.Fatal(err)
	}
}

func answer(c *mixconv.Classifier, path string) string {
	picture, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	classes, err := c.ClassifyBytes(context.Background(), picture, 1)
	if err != nil {
		return fmt.Sprintf("%s\t%v", path, err)
	}
	return fmt.Sprintf("%s\t%s\t%.3f", path, classes[0].Label, classes[0].Probability)
}
