package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/errs"
	"github.com/spf13/cobra"
)

// evaluating is what the flags of eval say beside the classifier's options.
type evaluating struct {
	classifying
	labelsFile, resume, csv string
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
			"right, in 15 bins. With --resume a run that was killed goes on where it stopped.\n\n" +
			"  mixconv eval mixnet-s.onnx imagenet/val --threads 2 --resume val.jsonl\n" +
			"  mixconv eval mixnet-s.onnx photos --labels-file photos.csv --json",
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
	e.preparation.register(cmd)
	f := cmd.Flags()
	f.StringVar(&e.labels, "labels", "", "class names in place of the model's: a text file with one a line, or JSON")
	f.StringVar(&e.labelsFile, "labels-file", "", "a line for each picture: its path in FOLDER and its class")
	f.StringVar(&e.resume, "resume", "", "a file that answers are written to as they come, and taken from")
	f.StringVar(&e.csv, "csv", "", "write a line for each picture to this file")
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
	if folder == dash {
		return noStdin("FOLDER", folder)
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
	if e.csv != "" && e.csv == e.resume {
		return fmt.Errorf("--csv and --resume: both are %s", errs.Quote(e.csv))
	}
	for _, output := range []string{e.csv, e.resume} {
		if output == "" {
			continue
		}
		if output == dash {
			return errors.New("--csv and --resume write files: stdout has the report")
		}
		if err := a.checkOutput(output); err != nil {
			return err
		}
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
	if e.csv != "" {
		if err := a.write(ctx, e.csv, func(w io.Writer) error { return writeCSV(w, all, c.Labels()) }); err != nil {
			return err
		}
	}
	result := evaluate(all, c.Labels())
	result.ClassesBy = by
	if err := a.print(result, result.text); err != nil {
		return err
	}
	if result.Failed > 0 {
		return fmt.Errorf("%d of %d pictures could not be classified", result.Failed, len(list))
	}
	return nil
}

// evalAll classifies the pictures that the record does not have.
func (a *app) evalAll(ctx context.Context, c *mixconv.Classifier, list []knownPicture, record *record) ([]evaluated, error) {
	all := make([]evaluated, 0, len(list))
	var left []knownPicture
	for _, p := range list {
		if done, ok := record.have[p.file]; ok && done.Class == p.class {
			all = append(all, done)
		} else {
			left = append(left, p)
		}
	}
	progress := a.newProgress(len(left), "pictures")
	defer progress.end()
	for len(left) > 0 {
		group := left[:min(len(left), c.Batch())]
		left = left[len(group):]
		files := make([]string, len(group))
		for i, p := range group {
			files[i] = p.file
		}
		answers, err := a.classifyGroup(ctx, c, files, guesses)
		if err != nil {
			return nil, err
		}
		for i, r := range answers {
			one := evaluated{File: r.File, Class: group[i].class, Error: r.Error}
			if r.Error != "" {
				progress.end()
				fmt.Fprintln(a.stderr, "mixconv: "+r.Error)
			}
			for _, class := range r.Top {
				one.Top = append(one.Top, guess{class.Index, class.Probability})
			}
			all = append(all, one)
			if err := record.add(one); err != nil {
				return nil, err
			}
		}
		progress.add(len(group))
	}
	return all, nil
}

// writeCSV writes a line for each picture.
func writeCSV(w io.Writer, list []evaluated, labels []string) error {
	out := csv.NewWriter(w)
	label := func(class int) string {
		if class < len(labels) {
			return labels[class]
		}
		return ""
	}
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
