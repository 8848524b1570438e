package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/regular"
	"github.com/mixconv/mixconv/limit"
)

// knownPicture is a picture whose class is known.
type knownPicture struct {
	file  string
	class int
}

// namedClasses are the classes that folders or a file name, and how names were
// understood.
type namedClasses struct {
	labels []string // of the model, or none
	count  int      // of classes, 0: not known
}

// pictureFolders lists the pictures of a folder of class folders, in the order of their
// names, and says how these name classes: by the model's labels, by number, or by their
// order, as torchvision's ImageFolder has it.
func (n namedClasses) pictureFolders(folder string) (list []knownPicture, by string, err error) {
	if info, err := os.Stat(folder); err == nil && !info.IsDir() {
		return nil, "", fmt.Errorf("%s is no folder: one that has a folder for each class is wanted", errs.Quote(folder))
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, "", err
	}
	var names []string
	for _, e := range entries {
		if info, err := os.Stat(filepath.Join(folder, e.Name())); err == nil && info.IsDir() {
			names = append(names, e.Name())
		}
	}
	if len(names) == 0 {
		return nil, "", fmt.Errorf("%s has no folders: one for each class is wanted, or --labels-file", errs.Quote(folder))
	}
	class, by, err := n.classesOf(names)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", errs.Quote(folder), err)
	}
	for _, name := range names {
		files, err := picturesIn(filepath.Join(folder, name))
		if err != nil {
			return nil, "", err
		}
		for _, file := range files {
			list = append(list, knownPicture{file, class(name)})
		}
	}
	if len(list) == 0 {
		return nil, "", fmt.Errorf("%s has no pictures in its folders", errs.Quote(folder))
	}
	return list, by, nil
}

// classesOf finds the rule by which all of the names, which are in order, mean classes.
func (n namedClasses) classesOf(names []string) (class func(string) int, by string, err error) {
	all := func(class func(string) int) bool {
		return !slices.ContainsFunc(names, func(name string) bool { return class(name) < 0 })
	}
	switch {
	case all(n.byLabel):
		return n.byLabel, "the model's labels", nil
	case all(n.byNumber):
		return n.byNumber, "number", nil
	case n.count == len(names):
		return func(name string) int { return slices.Index(names, name) }, "the order of the folders' names", nil
	}
	return nil, "", fmt.Errorf("%d folders, of which %s is neither a label of the model nor a class's number, and there are %d classes",
		len(names), errs.Quote(first(names, func(name string) bool { return n.byLabel(name) < 0 && n.byNumber(name) < 0 })), n.count)
}

func (n namedClasses) byLabel(name string) int { return slices.Index(n.labels, name) }

func (n namedClasses) byNumber(name string) int {
	if i, err := strconv.Atoi(name); err == nil && i >= 0 && (n.count == 0 || i < n.count) {
		return i
	}
	return -1
}

// first is the first name that f holds for, or the first one.
func first(names []string, f func(string) bool) string {
	return names[max(0, slices.IndexFunc(names, f))]
}

// pictureLines lists the pictures that a file names, a line each: the path below folder,
// and behind a tab, a comma or a space the class, its label or number.
func (n namedClasses) pictureLines(path, folder string) (list []knownPicture, err error) {
	data, err := regular.Read(path, limit.Default().FileBytes)
	if err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		p, err := n.pictureLine(line, folder)
		if err != nil {
			return nil, errs.InFile(path, errs.Format(fmt.Sprintf("line %d", number), "%w", err))
		}
		list = append(list, p)
	}
	if err := lines.Err(); err != nil {
		return nil, errs.InFile(path, err)
	}
	if len(list) == 0 {
		return nil, errs.InFile(path, errs.Format("", "no line names a picture"))
	}
	return list, nil
}

func (n namedClasses) pictureLine(line, folder string) (p knownPicture, err error) {
	at := -1
	for _, mark := range []string{"\t", ",", " "} {
		if at = strings.LastIndex(line, mark); at > 0 {
			break
		}
	}
	if at <= 0 {
		return p, errors.New("allowed are a picture's path and its class, with a tab, a comma or a space between")
	}
	name := strings.TrimSpace(line[at+1:])
	p.file = filepath.Join(folder, filepath.FromSlash(strings.TrimSpace(line[:at])))
	if p.class = max(n.byLabel(name), n.byNumber(name)); p.class < 0 {
		return p, fmt.Errorf("class %s, allowed are the model's labels and numbers below %d", errs.Quote(name), n.count)
	}
	return p, nil
}
