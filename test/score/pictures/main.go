// Command pictures writes pictures that look like nothing, by seed: JPEG and PNG of many
// sizes, one in a hundred broken, into folders of a thousand.
//
//	pictures -n 20000 DIR        DIR/000/000000.jpg, DIR/000/000001.png …
//	pictures -n 20000 -tar DIR   DIR/shard-000.tar with 000000.jpg … and a text beside each
package main

import (
	"archive/tar"
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync"
)

const inFolder = 1000

func main() {
	n := flag.Int("n", 1000, "pictures")
	archives := flag.Bool("tar", false, "tar archives in place of folders")
	flag.Parse()
	if flag.NArg() != 1 || *n < 1 {
		log.Fatal("usage: pictures [-n N] [-tar] DIR")
	}
	var all sync.WaitGroup
	folders := make(chan int)
	for range runtime.NumCPU() {
		all.Go(func() {
			for folder := range folders {
				if err := write(flag.Arg(0), folder, *n, *archives); err != nil {
					log.Fatal(err)
				}
			}
		})
	}
	for folder := range (*n + inFolder - 1) / inFolder {
		folders <- folder
	}
	close(folders)
	all.Wait()
}

// write writes the pictures of a folder or an archive.
func write(dir string, folder, n int, archive bool) error {
	put, end := intoFolder(filepath.Join(dir, fmt.Sprintf("%03d", folder)))
	if archive {
		put, end = intoTar(filepath.Join(dir, fmt.Sprintf("shard-%03d.tar", folder)))
	}
	for i := folder * inFolder; i < min(n, (folder+1)*inFolder); i++ {
		data, ending := picture(i)
		if err := put(fmt.Sprintf("%06d%s", i, ending), data); err != nil {
			return err
		}
	}
	return end()
}

func intoFolder(dir string) (put func(string, []byte) error, end func() error) {
	return func(name string, data []byte) error {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, name), data, 0o666)
	}, func() error { return nil }
}

func intoTar(path string) (put func(string, []byte) error, end func() error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		log.Fatal(err)
	}
	file, err := os.Create(path)
	if err != nil {
		log.Fatal(err)
	}
	w := tar.NewWriter(file)
	add := func(name string, data []byte) error {
		err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(data))})
		if err == nil {
			_, err = w.Write(data)
		}
		return err
	}
	put = func(name string, data []byte) error {
		if err := add(name, data); err != nil {
			return err
		}
		return add(name[:6]+".txt", []byte(name)) // what WebDataset has beside a picture
	}
	return put, func() error {
		if err := w.Close(); err != nil {
			return err
		}
		return file.Close()
	}
}

// picture makes picture i: smooth colours with noise, 64 to 400 pixels wide.
func picture(i int) (data []byte, ending string) {
	r := rand.New(rand.NewPCG(uint64(i), 18))
	p := image.NewRGBA(image.Rect(0, 0, 64+r.IntN(337), 64+r.IntN(337)))
	from, across, down := colour(r), colour(r), colour(r)
	size := p.Bounds().Size()
	for y := range size.Y {
		for x := range size.X {
			noise := r.IntN(16)
			at := func(c int) uint8 {
				return uint8((int(from[c])*(size.X-x)/size.X + int(across[c])*x/size.X + int(down[c])*y/size.Y + noise) / 2 % 256)
			}
			p.SetRGBA(x, y, color.RGBA{at(0), at(1), at(2), 255})
		}
	}
	var b bytes.Buffer
	if ending = ".jpg"; i%4 == 3 {
		ending = ".png"
		_ = png.Encode(&b, p) // a buffer takes everything
	} else {
		_ = jpeg.Encode(&b, p, &jpeg.Options{Quality: 60 + r.IntN(40)})
	}
	data = b.Bytes()
	if i%100 == 57 {
		data = data[:r.IntN(len(data)/2)]
	}
	return data, ending
}

func colour(r *rand.Rand) [3]uint8 {
	return [3]uint8{uint8(r.IntN(256)), uint8(r.IntN(256)), uint8(r.IntN(256))}
}
