package strictjson_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/convert/torch/internal/strictjson"
)

func skip(text string) error {
	s := strictjson.New([]byte(text), 0)
	if err := s.Skip(); err != nil {
		return err
	}
	return s.End()
}

var texts = []string{
	`{}`, `[]`, `""`, `0`, `-0`, `-1.5e+3`, `true`, `null`, ` [ 1 , {"a" : [ ] } ] `, `"\u00e4\ud83d\ude00\n\/"`,
	``, `{`, `[1,]`, `{"a":1,}`, `{a:1}`, `01`, `1.`, `.5`, `1e`, `+1`, `-`, `nul`, `truefalse`, `"`, `"\x"`, `"\u12"`, `'a'`,
	"\"\n\"", `1 2`, `[1 2]`, `{"a" 1}`, `{"a":}`, "[\x00]", `NaN`, `1e5`, `1E-5`, `0.0`, `10`, `--1`, `1.5.5`,
}

// TestSameAsStandard: the grammar is encoding/json's.
func TestSameAsStandard(t *testing.T) {
	for _, text := range texts {
		if err := skip(text); (err == nil) != json.Valid([]byte(text)) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestStandardIsLax is why this package exists: encoding/json takes one of two members of
// the same key, and turns text that it cannot decode into U+FFFD, so that two names may
// become one. When this test fails, the package may go.
func TestStandardIsLax(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":1,"\u0061":3}`:       "map[a:3]",
		"{\"\xff\":1,\"\xfe\":2}":  "map[\ufffd:2]",
		`{"\ud800":1,"\udc00a":2}`: "map[\ufffd:1 \ufffda:2]",
		`{"\ud800":1,"\ud801":2}`:  "map[\ufffd:2]",
	} {
		var got map[string]int
		if err := json.Unmarshal([]byte(text), &got); err != nil || fmt.Sprint(got) != want {
			t.Errorf("%q is %v, want %s: %v", text, got, want, err)
		}
		if err := skip(text); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}

// TestStricter: what encoding/json lets pass is an error, and says where.
func TestStricter(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":1,"b":{"a":2},"a":3}`: "offset 0x13: JSON: the key a comes twice",
		`{"a":1,"\u0061":3}`:        "comes twice",
		"\"\xff\"":                  "not UTF-8",
		`"\ud800"`:                  "half of a surrogate pair",
		`"\udc00\ud800"`:            "half of a surrogate pair",
		strings.Repeat("[", 101) + strings.Repeat("]", 101):   "nested more than 100 deep",
		strings.Repeat(`{"a":`, 1_000_000):                    "nested more than 100 deep",
		strings.Repeat("[", 1_000) + strings.Repeat("]", 999): "nested",
	} {
		if err := skip(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: %v, want %s", text, err, want)
		}
	}
}

func TestString(t *testing.T) {
	for _, text := range []string{`""`, `"a"`, `"\u00e4\ud83d\ude00b\\\"\n\/"`, `"ä😀"`, `"\t"`} {
		var want string
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatal(err)
		}
		if got, err := strictjson.New([]byte(text), 0).String(); err != nil || got != want {
			t.Errorf("%s is %q, want %q: %v", text, got, want, err)
		}
	}
}

func TestInteger(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, " 12,": 12, "9223372036854775807": 1<<63 - 1} {
		if got, err := strictjson.New([]byte(text), 0).Integer(); err != nil || got != want {
			t.Errorf("%s is %d: %v", text, got, err)
		}
	}
	for _, text := range []string{"", "-0", "-1", "00", "1.0", "1e1", "9223372036854775808", "x"} {
		if _, err := strictjson.New([]byte(text), 0).Integer(); err == nil {
			t.Errorf("%s was read", text)
		}
	}
}

func FuzzStrictJSON(f *testing.F) {
	for _, text := range texts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if skip(text) == nil && !json.Valid([]byte(text)) {
			t.Errorf("%q is no JSON", text)
		}
	})
}
