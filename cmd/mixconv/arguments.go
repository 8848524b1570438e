package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// oneArgument and twoArguments want as many arguments as a command's usage names behind
// the command.
var oneArgument, twoArguments = exactly(1), exactly(2)

func exactly(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		what := func(i int) string { return strings.TrimSuffix(strings.Fields(cmd.Use)[1+i], "…") }
		switch {
		case len(args) < n:
			return fmt.Errorf("no %s named: mixconv %s", what(len(args)), cmd.Use)
		case len(args) > n:
			return fmt.Errorf("%s is one argument too many: mixconv %s (a name with spaces wants quotes)", errs.Quote(args[n]), cmd.Use)
		}
		if i := slices.Index(args, ""); i >= 0 {
			return fmt.Errorf("no %s named: its path is empty", what(i))
		}
		return nil
	}
}

// severalArguments is twoArguments for a command whose last argument may be repeated.
func severalArguments(cmd *cobra.Command, args []string) error {
	if len(args) < 2 {
		return twoArguments(cmd, args)
	}
	for _, arg := range args[1:] {
		if err := twoArguments(cmd, []string{args[0], arg}); err != nil {
			return err
		}
	}
	return nil
}

// filesOnly wants one argument or more.
func filesOnly(cmd *cobra.Command, args []string) error {
	if len(args) < 2 {
		return oneArgument(cmd, args)
	}
	for _, arg := range args {
		if err := oneArgument(cmd, []string{arg}); err != nil {
			return err
		}
	}
	return nil
}

// requiredFlags says which flag a command line lacks, and what it is for.
func requiredFlags(cmd *cobra.Command, _ []string) (err error) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if _, required := f.Annotations[cobra.BashCompOneRequiredFlag]; required && !f.Changed && err == nil {
			err = fmt.Errorf("%s is missing, %s: mixconv %s", flagName(f), f.Usage, cmd.Use)
		}
	})
	return err
}

// flagName is a flag as it is usually typed.
func flagName(f *pflag.Flag) string {
	if f.Shorthand != "" {
		return "-" + f.Shorthand
	}
	return "--" + f.Name
}

// noArguments is for commands that take none.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%s: mixconv %s takes no arguments", errs.Quote(args[0]), cmd.Name())
	}
	return nil
}

// badFlag says of a flag's error what is allowed, or which flag was probably
// meant.
func badFlag(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
		return fmt.Errorf("%w%s (mixconv %s --help lists the flags)", err, didYouMean("--"+unknown.GetSpecifiedName(), names), cmd.Name())
	}
	var bare *pflag.ValueRequiredError
	if errors.As(err, &bare) {
		return fmt.Errorf("%s needs a value: %s", flagName(bare.GetFlag()), bare.GetFlag().Usage)
	}
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		want := map[string]string{"int": "a whole number", "uint64": "a whole number from 0", "bool": "true or false",
			"float64": "a number", "float32": "a number", "numbers": "a whole number from 1, or several as 1,4,16", "duration": "a time, as 500ms or 2s",
			"percent": "a percentage from 0%, as 5%"}[invalid.GetFlag().Value.Type()]
		if want != "" {
			return fmt.Errorf("--%s %s: allowed %s", invalid.GetFlag().Name, errs.Quote(invalid.GetValue()), want)
		}
	}
	return err
}

// noStdin refuses stdin for what is read from a path alone.
func noStdin(what, path string) error {
	if path != dash {
		return nil
	}
	return fmt.Errorf("%s cannot be read from stdin: name a path (./- for a file of that name)", what)
}

// oneStdin refuses a command line on which several inputs are stdin.
func oneStdin(paths ...string) error {
	n := 0
	for _, path := range paths {
		if path == dash {
			n++
		}
	}
	if n > 1 {
		return errors.New("only one input can be stdin")
	}
	return nil
}
