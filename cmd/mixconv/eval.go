package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"html/template"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/page"
	"github.com/spf13/cobra"
)

// evaluating is what the flags of eval say beside the classifier's options.
type evaluating struct {
	classifying
	labelsFile, resume, csv, html string
}

func (a *app) evalCommand() *cobra.Command {
	var flags engineFlags
	var e evaluating
	var o mixconv.ClassifierOptions
	cmd := &cobra.Command{
		Use:   "eval M.onnx FOLDER",
		Short: "say how often a model is right about pictures of known classes",
		Long: "Classify the pictures of FOLDER, which has a folder for each class, named by its\n" +
			"label or number, or as many folders as there are classes, in their order. Or\n" +
			"--labels-file has a line for each picture: its path in FOLDER and its class. The\n" +
			"expected calibration error compares how sure the model is with how often it is\n" +
			"right, in 15 bins. With --resume a run that was killed goes on where it stopped.\n" +
			"--html writes all of it as one page, which has the surest mistakes as pictures.",
		Args: twoArguments,
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if o.Options, err = flags.options(); err != nil {
				return err
			}
			return a.eval(cmd.Context(), args[0], args[1], e, o)
		},
	}
	flags.register(cmd)
	e.preparation.Register(cmd.Flags())
	f := cmd.Flags()
	f.StringVar(&e.labels, "labels", "", "class names in place of the model's: a text file with one a line, or JSON")
	f.StringVar(&e.labelsFile, "labels-file", "", "a line for each picture: its path in FOLDER and its class")
	f.StringVar(&e.resume, "resume", "", "a file that answers are written to as they come, and taken from")
	f.StringVar(&e.csv, "csv", "", "write a line for each picture to this file")
	f.StringVar(&e.html, "html", "", "write the report as a web page too, with a reliability diagram")
	f.StringVar(&o.Output, "output-name", "", "the output with the scores (default the only one, or logits)")
	f.IntVar(&o.Batch, "batch", 0, "pictures that are run together (default four for each thread)")
	f.BoolVar(&o.Upright, "exif-orientation", false, "turn pictures as their camera says; training code mostly does not")
	return cmd
}

// guesses is how many classes are kept of each picture.
const guesses = 5

func (a *app) eval(ctx context.Context, path, folder string, e evaluating, o mixconv.ClassifierOptions) error {
	if o.Batch < 0 {
		return fmt.Errorf("--batch %d: allowed from 1", o.Batch)
	}
	if err := cmp.Or(noStdin("FOLDER", folder), noStdin("--labels-file", e.labelsFile)); err != nil {
		return err
	}
	m, c, err := a.openClassifier(path, e.classifying, o)
	if err != nil {
		return err
	}
	names := namedClasses{c.Labels(), max(classes(m), len(c.Labels()))}
	var list []knownPicture
	by := "--labels-file"
	if e.labelsFile != "" {
		list, err = names.pictureLines(e.labelsFile, folder)
	} else {
		list, by, err = names.pictureFolders(folder)
	}
	if err != nil {
		return err
	}
	a.read = append(a.read, e.labelsFile, e.labels)
	if err := a.checkEvalOutputs(e, list); err != nil {
		return err
	}
	sum, err := a.modelSum(path, m)
	if err != nil {
		return err
	}
	record, err := openRecord(e.resume, recordHeader{Version: 1, Model: sum, Preprocess: c.Preprocessing().Metadata()})
	if err != nil {
		return err
	}
	defer record.close()
	all, err := a.evalAll(ctx, c, list, record)
	if err != nil {
		return err
	}
	result := evaluate(all, c.Labels())
	result.ClassesBy = by
	if err := a.writeEvalFiles(ctx, path, e, result, all, func(file string) template.URL { return a.thumbnail(file, c.Preprocessing(), o.Upright) }); err != nil {
		return err
	}
	if err := a.print(result, result.text); err != nil {
		return err
	}
	if result.Failed > 0 {
		return fmt.Errorf("%d of %d pictures could not be classified", result.Failed, len(list))
	}
	return nil
}

// checkEvalOutputs refuses outputs that are inputs, or each other.
func (a *app) checkEvalOutputs(e evaluating, list []knownPicture) error {
	inputs := slices.Clone(a.read)
	for _, p := range list {
		inputs = append(inputs, p.file)
	}
	named := map[string]string{}
	for _, output := range []struct{ flag, path string }{{"--csv", e.csv}, {"--resume", e.resume}, {"--html", e.html}} {
		switch other := named[filepath.Clean(output.path)]; {
		case output.path == "":
			continue
		case output.path == dash:
			return fmt.Errorf("%s writes a file: stdout has the report", output.flag)
		case other != "":
			return fmt.Errorf("%s and %s: both are %s", other, output.flag, errs.Quote(output.path))
		}
		named[filepath.Clean(output.path)] = output.flag
		if err := a.checkOutputOf(output.path, inputs); err != nil {
			return err
		}
		if _, err := os.Stat(filepath.Dir(output.path)); err != nil { // found now, not when all pictures are classified
			return namesPath(output.path, err)
		}
	}
	return nil
}

// writeEvalFiles writes what --csv and --html name.
func (a *app) writeEvalFiles(ctx context.Context, model string, e evaluating, result evaluation, all []evaluated, thumb func(string) template.URL) error {
	if e.csv != "" {
		if err := a.write(ctx, e.csv, func(w io.Writer) error { return writeCSV(w, all, result.label) }); err != nil {
			return err
		}
	}
	if e.html == "" {
		return nil
	}
	return a.writePage(ctx, e.html, "mixconv eval "+model, func(w io.Writer, about page.About) error {
		return writeEvaluation(w, about, result, all, thumb)
	})
}

// evalAll classifies the pictures that the record does not have.
func (a *app) evalAll(ctx context.Context, c *mixconv.Classifier, list []knownPicture, record *record) ([]evaluated, error) {
	all := make([]evaluated, 0, len(list))
	var left []string
	var classes []int // of those left
	for _, p := range list {
		if done, ok := record.have[p.file]; ok && done.Class == p.class {
			all = append(all, done)
		} else {
			left, classes = append(left, p.file), append(classes, p.class)
		}
	}
	err := a.classifyAll(ctx, c, left, guesses, true, func(r classified) error {
		one := evaluated{File: r.File, Class: classes[0], Error: r.Error}
		classes = classes[1:]
		for _, class := range r.Top {
			one.Top = append(one.Top, guess{class.Index, class.Probability})
		}
		all = append(all, one)
		return record.add(one)
	})
	return all, err
}

// writeCSV writes a line for each picture.
func writeCSV(w io.Writer, list []evaluated, label func(class int) string) error {
	out := csv.NewWriter(w)
	_ = out.Write([]string{"file", "class", "label", "as", "as_label", "probability", "rank", "error"}) // Flush keeps the error
	for _, p := range list {
		row := []string{p.File, strconv.Itoa(p.Class), label(p.Class), "", "", "", "", p.Error}
		if len(p.Top) > 0 {
			first := p.Top[0]
			row[3], row[4], row[5] = strconv.Itoa(first.Class), label(first.Class), strconv.FormatFloat(first.Probability, 'g', -1, 64)
			if rank := p.rank(); rank >= 0 {
				row[6] = strconv.Itoa(rank + 1)
			}
		}
		_ = out.Write(row)
	}
	out.Flush()
	return out.Error()
}
