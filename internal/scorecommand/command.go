// Package scorecommand is the command `mixconv score`, which two programs have: mixconv,
// and mixconv-score, which knows Parquet and Arrow too.
package scorecommand

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/preparation"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/preprocess"
	"github.com/mixconv/mixconv/score"
	"github.com/spf13/cobra"
)

// Program is what the command needs of the program that has it.
type Program struct {
	Stdin    *os.File
	Stdout   io.Writer
	Stderr   io.Writer
	Terminal bool // stderr is one
	Open     func(path string) (*mixconv.Model, error)
	Print    func(result any, text func(io.Writer)) error
	Formats  []score.Format // beside JSONL
	// Opener makes an opener of Parquet files, whose pictures are in a column, which holds
	// bytes or paths; nil: this program reads none.
	Opener func(column, key string) score.Opener
	// Stream answers an Arrow stream with another; nil: this program cannot.
	Stream func(ctx context.Context, m *score.Model, column, key string, threads int) error
	// Delegate runs the same command line by the program that knows Parquet and Arrow; nil: it
	// is this one.
	Delegate func() error
}

// scoring is what the flags say.
type scoring struct {
	preparation preparation.Flags
	output      string
	format      string
	values      string
	top         int
	shard       string
	rows        int
	threads     int
	labels      string
	column, key string
	arrow       bool
	classifier  mixconv.ClassifierOptions
}

// New makes the command.
func New(p *Program) *cobra.Command {
	var s scoring
	cmd := &cobra.Command{
		Use:   "score M.onnx SOURCE… -o OUT",
		Short: "classify pictures in bulk: folders, archives, lists, Parquet",
		Long: "Classify many pictures and write the answers into the folder OUT, as parts of\n" +
			"--part-rows rows. SOURCE is a folder with pictures and archives in it, a .tar,\n" +
			".tar.gz or .zip archive such as WebDataset's shards, a .parquet file with the\n" +
			"pictures or their paths in --column, a picture, a pattern (quoted) of these, or -\n" +
			"for paths on stdin, one a line. A picture that cannot be read is a row with the\n" +
			"reason, and no failure of the run.\n\n" +
			"A run that was killed goes on where it stopped when it is started again: a part is\n" +
			"written whole or not at all, and a manifest has its checksum. --shard 3/8 is the\n" +
			"fourth of eight runs that share the pictures; all may write into one folder.\n\n" +
			"--arrow reads an Arrow stream on stdin and writes one to stdout, a row for each\n" +
			"picture in --column: for engines that start programs, such as Spark and Ray.\n" +
			"Parquet and Arrow are known to the program mixconv-score, which is looked for\n" +
			"beside mixconv and in PATH, and run in its place.",
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return errors.New("no model named: mixconv score M.onnx SOURCE… -o OUT")
			case len(args) == 1 && !s.arrow:
				return errors.New("no source named: mixconv score M.onnx SOURCE… -o OUT")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return s.run(cmd.Context(), p, args[0], args[1:]) },
	}
	s.preparation.Register(cmd.Flags())
	f := cmd.Flags()
	f.StringVarP(&s.output, "output", "o", "", "the folder for the results: a new one, an empty one, or one with results of the same run")
	f.StringVar(&s.format, "format", "jsonl", "of the results: jsonl, parquet or arrow")
	f.StringVar(&s.values, "values", "top", "what is written of a picture: top (the likeliest classes), logits, or features (what the last layer reads)")
	f.IntVar(&s.top, "top", 5, "classes a picture")
	f.StringVar(&s.shard, "shard", "0/1", "i/n: the pictures whose key's hash modulo n is i")
	f.IntVar(&s.rows, "part-rows", score.DefaultRows, "rows of a part, which are held in memory")
	f.IntVar(&s.threads, "threads", goruntime.NumCPU(), "pictures that are read, prepared and run at a time, each on a goroutine")
	f.StringVar(&s.labels, "labels", "", "class names in place of the model's: a text file with one a line, or JSON")
	f.StringVar(&s.column, "column", "", "of Parquet and Arrow: the column with the pictures, bytes or paths (default the only one of bytes)")
	f.StringVar(&s.key, "key-column", "", "of Parquet and Arrow: the column with the pictures' keys (default key, if there is one, else the path, else the row's number)")
	f.BoolVar(&s.arrow, "arrow", false, "an Arrow stream on stdin, another on stdout")
	f.StringVar(&s.classifier.Output, "output-name", "", "the output with the scores (default the only one, or logits)")
	f.BoolVar(&s.classifier.Upright, "exif-orientation", false, "turn pictures as their camera says; training code mostly does not")
	return cmd
}

func (s *scoring) run(ctx context.Context, p *Program, path string, args []string) error {
	shard, err := s.check(args)
	if err != nil {
		return err
	}
	format, known := s.formatOf(p)
	columnar := s.arrow || !known || slices.ContainsFunc(args, isParquet)
	if p.Delegate != nil && columnar {
		return p.Delegate()
	}
	m, err := p.Open(path)
	if err != nil {
		return err
	}
	model, err := s.model(m)
	if err != nil {
		return err
	}
	if s.arrow {
		return p.Stream(ctx, model, s.column, s.key, s.threads)
	}
	sum, err := score.SumModel(path, m)
	if err != nil {
		return err
	}
	decides := model.Preprocessing()
	decides["sha256"], decides["upright"], decides["output"] = sum, fmt.Sprint(s.classifier.Upright), s.classifier.Output
	var openers []score.Opener
	if p.Opener != nil {
		openers = append(openers, p.Opener(s.column, s.key))
	}
	sources, err := score.Open(args, p.Stdin, openers...)
	if err != nil {
		return err
	}
	show, end := p.progress()
	summary, err := score.Run(ctx, model, sources, s.output, score.Options{
		Threads: s.threads, Shard: shard, Rows: s.rows, Format: format, Model: decides, Progress: show,
	})
	end()
	if err != nil {
		return err
	}
	return p.Print(summary, func(w io.Writer) { text(w, s.output, summary) })
}

// check looks at the flags that say something wrong by themselves.
func (s *scoring) check(args []string) (score.Shard, error) {
	switch {
	case s.threads < 1:
		return score.Shard{}, fmt.Errorf("--threads %d: allowed from 1", s.threads)
	case s.arrow && (s.output != "" || len(args) > 0):
		return score.Shard{}, errors.New("--arrow: pictures come on stdin and answers go to stdout, so neither SOURCE nor -o is allowed")
	case s.arrow:
		return score.Shard{}, nil
	case s.output == "":
		return score.Shard{}, errors.New("-o: which folder are the results for?")
	case !slices.Contains([]string{"jsonl", "parquet", "arrow"}, s.format):
		return score.Shard{}, fmt.Errorf("--format %s: allowed jsonl, parquet, arrow", errs.Quote(s.format))
	case s.labels == "-":
		return score.Shard{}, errors.New("--labels -: allowed is a file")
	}
	shard, err := score.ParseShard(s.shard)
	if err != nil {
		return shard, fmt.Errorf("--%v", err)
	}
	return shard, s.checkOutput(args)
}

// checkOutput refuses a folder of results that is among the sources: its own files would be
// read.
func (s *scoring) checkOutput(args []string) error {
	for _, arg := range args {
		from, err := filepath.Abs(arg)
		if err != nil {
			return err
		}
		to, err := filepath.Abs(s.output)
		if err != nil {
			return err
		}
		if below, err := filepath.Rel(from, to); err == nil && !strings.HasPrefix(below, "..") {
			return fmt.Errorf("-o %s: it is in the source %s", errs.Quote(s.output), errs.Quote(arg))
		}
	}
	if info, err := os.Stat(s.output); err == nil && !info.IsDir() {
		return fmt.Errorf("-o %s: a file, allowed is a folder", errs.Quote(s.output))
	}
	return nil
}

// formatOf is the format of the results, and whether p has it.
func (s *scoring) formatOf(p *Program) (score.Format, bool) {
	for _, f := range append([]score.Format{score.JSONL}, p.Formats...) {
		if f.Name == s.format {
			return f, true
		}
	}
	return score.Format{}, false
}

func isParquet(path string) bool { return strings.EqualFold(filepath.Ext(path), ".parquet") }

// model reads what the flags name of the classifier.
func (s *scoring) model(m *mixconv.Model) (_ *score.Model, err error) {
	if s.classifier.Preprocess, err = s.preparation.Config(m); err != nil {
		return nil, err
	}
	if s.labels != "" {
		if s.classifier.Labels, err = preprocess.ReadLabels(s.labels, limit.Limits{}); err != nil {
			return nil, err
		}
	}
	model, err := score.NewModel(m, score.Kind(s.values), s.top, s.classifier)
	if err != nil && (strings.HasPrefix(err.Error(), "values ") || strings.HasPrefix(err.Error(), "top ")) {
		return nil, fmt.Errorf("--%w", err)
	}
	return model, err
}

func text(w io.Writer, folder string, s score.Summary) {
	now := s.Pictures - s.Resumed
	fmt.Fprintf(w, "%s: %d pictures in %d parts, %d of them failed\n", errs.Quote(folder), s.Pictures, s.Parts, s.Failed)
	fmt.Fprintf(w, "%d in %.1f s", now, s.Seconds)
	if now > 0 && s.Seconds > 0 {
		fmt.Fprintf(w, ", %.0f a second", float64(now)/s.Seconds)
	}
	if s.Resumed > 0 {
		fmt.Fprintf(w, "; %d were there", s.Resumed)
	}
	fmt.Fprintln(w)
}
