package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/preparation"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/preprocess"
	"github.com/mixconv/mixconv/tensor"
	"github.com/spf13/cobra"
)

// classification is what classify reports.
type classification struct {
	Results []classified `json:"results"`
}

// classified is what is said of one picture.
type classified struct {
	File  string          `json:"file"`
	Top   []mixconv.Class `json:"top"`
	MS    float64         `json:"ms"` // decoding, preparing and running, a picture's share of those run together
	Error string          `json:"error,omitempty"`
}

// classifying is what the flags of classify say beside the classifier's options.
type classifying struct {
	preparation preparation.Flags
	labels      string
	top         int
}

func (a *app) classifyCommand() *cobra.Command {
	var flags engineFlags
	var c classifying
	var o mixconv.ClassifierOptions
	cmd := &cobra.Command{
		Use:   "classify M.onnx PICTURE…",
		Short: "say what is on pictures",
		Long: "Say what is on pictures: the likeliest classes of each, with their probabilities.\n" +
			"PICTURE is a file, a folder, a pattern, or - for stdin: JPEG and PNG, decoded as\n" +
			"the training code did, the first picture of a GIF, BMP, WebP, TIFF. They are\n" +
			"prepared as the model's metadata says; flags say otherwise. A picture that cannot\n" +
			"be read is reported, the others go on, and the exit code is 2.",
		Args: severalArguments,
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if o.Options, err = flags.options(); err != nil {
				return err
			}
			return a.classify(cmd.Context(), args[0], args[1:], c, o)
		},
	}
	flags.register(cmd)
	c.preparation.Register(cmd.Flags())
	f := cmd.Flags()
	f.IntVar(&c.top, "top", 5, "classes a picture")
	f.StringVar(&c.labels, "labels", "", "class names in place of the model's: a text file with one a line, or JSON")
	f.StringVar(&o.Output, "output-name", "", "the output with the scores (default the only one, or logits)")
	f.IntVar(&o.Batch, "batch", 0, "pictures that are run together (default four for each thread)")
	f.BoolVar(&o.Upright, "exif-orientation", false, "turn pictures as their camera says; training code mostly does not")
	return cmd
}

func (a *app) classify(ctx context.Context, path string, args []string, how classifying, o mixconv.ClassifierOptions) error {
	if how.top < 1 {
		return fmt.Errorf("--top %d: allowed from 1", how.top)
	}
	if o.Batch < 0 {
		return fmt.Errorf("--batch %d: allowed from 1", o.Batch)
	}
	files, err := listPictures(args)
	if err != nil {
		return err
	}
	if n := count(files, dash); n > 1 || n == 1 && path == dash {
		return fmt.Errorf("-: only one of the arguments can be stdin")
	}
	_, c, err := a.openClassifier(path, how, o)
	if err != nil {
		return err
	}
	var result classification
	failed := 0
	say := len(files) > 1 // a single failure is what the command fails with
	err = a.classifyAll(ctx, c, files, how.top, say, func(r classified) error {
		if r.Error != "" {
			failed++
		}
		result.Results = append(result.Results, r)
		return nil
	})
	if err != nil {
		return err
	}
	if err := a.print(result, func(w io.Writer) { result.text(w, isTerminal(a.stdout)) }); err != nil {
		return err
	}
	if failed > 0 && len(files) == 1 {
		return errors.New(result.Results[0].Error)
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d pictures could not be classified", failed, len(files))
	}
	return nil
}

// openClassifier reads the model and what the flags name.
func (a *app) openClassifier(path string, how classifying, o mixconv.ClassifierOptions) (*mixconv.Model, *mixconv.Classifier, error) {
	m, err := a.openModel(path)
	if err != nil {
		return nil, nil, err
	}
	if o.Preprocess, err = how.preparation.Config(m); err != nil {
		return nil, nil, err
	}
	if err := noStdin("--labels", how.labels); err != nil {
		return nil, nil, err
	}
	if how.labels != "" {
		if o.Labels, err = preprocess.ReadLabels(how.labels, limit.Limits{}); err != nil {
			return nil, nil, err
		}
	}
	c, err := mixconv.OpenModel(m, o)
	return m, c, err
}

// classifyAll calls each with the answer for every file, in order, and shows how far it
// is. Failures are said as they come, if say is set.
func (a *app) classifyAll(ctx context.Context, c *mixconv.Classifier, files []string, top int, say bool, each func(classified) error) error {
	progress := a.newProgress(len(files), "pictures")
	defer progress.end()
	for group := range slices.Chunk(files, c.Batch()) {
		answers, err := a.classifyGroup(ctx, c, group, top)
		if err != nil {
			return err
		}
		for _, r := range answers {
			if r.Error != "" && say {
				progress.end()
				fmt.Fprintln(a.stderr, "mixconv: "+r.Error)
			}
			if err := each(r); err != nil {
				return err
			}
		}
		progress.add(len(group))
	}
	return nil
}

// classifyGroup classifies pictures that are run together.
func (a *app) classifyGroup(ctx context.Context, c *mixconv.Classifier, files []string, top int) ([]classified, error) {
	read := func(yield func([]byte, error) bool) {
		for _, file := range files {
			if !yield(a.readPicture(file)) {
				return
			}
		}
	}
	var list []classified
	start := time.Now()
	for classes, err := range c.ClassifyAll(ctx, read, top) {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		r := classified{File: files[len(list)], Top: classes}
		if err != nil {
			r.Top, r.Error = []mixconv.Class{}, pictureError(r.File, err)
		}
		list = append(list, r)
	}
	each := milliseconds(time.Since(start)) / float64(len(files))
	for i := range list {
		list[i].MS = math.Round(each*1000) / 1000
	}
	return list, nil
}

// pictureError is err in a line that begins with the picture's path.
func pictureError(path string, err error) string {
	if e := (*os.PathError)(nil); errors.As(err, &e) {
		return fmt.Sprintf("%s: %v", errs.Quote(path), e.Err)
	}
	return errs.InFile(path, err).Error()
}

// count is how many elements of list are x.
func count(list []string, x string) (n int) {
	for _, s := range list {
		if s == x {
			n++
		}
	}
	return n
}

// isTerminal reports whether what is written to w is read by a person.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && terminal(f.Fd())
}

// text writes a table with bars for a person, a line a picture otherwise.
func (c classification) text(w io.Writer, person bool) {
	for _, r := range c.Results {
		switch {
		case r.Error != "": // stands on stderr
		case person:
			r.table(w)
		default:
			fmt.Fprintln(w, r.line())
		}
	}
}

// line is the picture and its classes, a tab between.
func (r classified) line() string {
	fields := []string{errs.Quote(r.File)}
	for _, c := range r.Top {
		fields = append(fields, fmt.Sprintf("%s %.4f", className(c), c.Probability))
	}
	return strings.Join(fields, "\t")
}

// barWidth is the width of a bar for certainty, in characters.
const barWidth = 30

// table has a row for each class.
func (r classified) table(w io.Writer) {
	fmt.Fprintf(w, "%s (%.1f ms)\n", plain(r.File), r.MS)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range r.Top {
		bar := strings.Repeat("█", tensor.IntWithin(math.Round(c.Probability*barWidth), 0, barWidth))
		fmt.Fprintf(t, "  %5.1f %%\t%s\t%s\n", 100*c.Probability, plainName(c), bar)
	}
	t.Flush()
}

// plainName is the class's label, which a table need not quote for its spaces.
func plainName(c mixconv.Class) string {
	if c.Label == "" {
		return className(c)
	}
	return plain(c.Label)
}

// plain is s as it is, if all of it can be printed.
func plain(s string) string {
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return errs.Quote(s)
		}
	}
	return s
}

func className(c mixconv.Class) string { return nameOf(c.Index, c.Label) }
