package browser

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// tryPlayground draws digits with the mouse and one with the keyboard, takes a picture
// with the camera, and looks at all that the page shows.
func tryPlayground(t *testing.T, tab context.Context, url, name string) {
	do(t, tab, "open", chromedp.Navigate(url))
	if says := wait[string](t, tab, "document.querySelector('#model option') ? 'ready' : document.querySelector('#status.wrong')?.textContent"); says != "ready" {
		t.Fatalf("the page says %s", says)
	}
	do(t, tab, "draw", click("#tab-draw"), chromedp.WaitVisible(chromedp.CSS("#canvas")))
	for digit, strokes := range digits {
		do(t, tab, "clear", click("#clear"))
		for _, points := range strokes {
			stroke(t, tab, points)
		}
		if says := classify(t, tab); !strings.HasPrefix(says, digit+", ") {
			t.Errorf("%s is classified as %s", digit, says)
		}
	}
	checkAnswer(t, tab)
	shots(t, tab, name)

	if says := drawWithKeys(t, tab); !strings.HasPrefix(says, "one, ") {
		t.Errorf("a line drawn with the keyboard is classified as %s", says)
	}

	do(t, tab, "camera", click("#tab-camera"), click("#camera"), chromedp.WaitEnabled(chromedp.CSS("#shoot")))
	wait[bool](t, tab, "document.getElementById('video').videoWidth > 0")
	silence(t, tab)
	do(t, tab, "shoot", click("#shoot"))
	if says := status(t, tab); !strings.Contains(says, " %") {
		t.Errorf("a picture of the camera: %s", says)
	}
}

// drawWithKeys goes from the tab to the drawing, draws a line and classifies it, all by
// keyboard.
func drawWithKeys(t *testing.T, tab context.Context) string {
	t.Helper()
	do(t, tab, "clear", click("#clear"), click("#tab-draw"))
	silence(t, tab)
	for _, press := range []struct{ keys, on string }{
		{kb.Tab, "canvas"}, {strings.Repeat(kb.ArrowUp, 6), "canvas"}, {" ", "canvas"}, {strings.Repeat(kb.ArrowDown, 12), "canvas"},
		{" ", "canvas"}, {kb.Tab, "classify"}, {kb.Enter, "classify"},
	} {
		do(t, tab, "keys", chromedp.KeyEvent(press.keys))
		if on := evaluate[string](t, tab, "document.activeElement.id"); on != press.on {
			t.Fatalf("after %q the focus is on %q, want %q", press.keys, on, press.on)
		}
	}
	return status(t, tab)
}

// click scrolls an element into view and clicks it with the mouse as soon as the layout
// has come to rest: chromedp asks where the element is and then clicks there.
func click(selector string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		if _, err := chromedp.Evaluate[bool](fmt.Sprintf(atRest, selector), chromedp.EvalAwaitPromise)(ctx, target); err != nil {
			return chromedp.Void{}, err
		}
		return chromedp.Click(chromedp.CSS(selector))(ctx, target)
	}
}

// atRest is a promise that an element is at the same place for ten frames.
const atRest = `new Promise(done => {
	const element = document.querySelector(%q);
	element.scrollIntoView({ block: "nearest", behavior: "instant" });
	let frames = 0, last = "";
	const look = () => {
		const { x, y, width, height } = element.getBoundingClientRect(), now = [x, y, width, height].join();
		frames = now === last ? frames + 1 : 0;
		last = now;
		frames === 10 ? done(true) : requestAnimationFrame(look);
	};
	look();
})`

// wait waits until an expression is true, or has a value.
func wait[T any](t *testing.T, tab context.Context, expression string) T {
	t.Helper()
	value, err := chromedp.Run(tab, chromedp.Poll[T](expression, chromedp.WithPollingTimeout(time.Minute)))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// silence takes away what the page says, so that status waits for news.
func silence(t *testing.T, tab context.Context) {
	t.Helper()
	evaluate[string](t, tab, "document.getElementById('status').textContent = ''")
}

// classify clicks, and returns what the page says then.
func classify(t *testing.T, tab context.Context) string {
	t.Helper()
	silence(t, tab)
	do(t, tab, "classify", click("#classify"))
	return status(t, tab)
}

// status waits for what the page says of a picture.
func status(t *testing.T, tab context.Context) string {
	t.Helper()
	return wait[string](t, tab, "(s => s === 'Classifying …' ? '' : s)(document.getElementById('status').textContent)")
}

// checkAnswer counts what the page shows of a digit.
func checkAnswer(t *testing.T, tab context.Context) {
	t.Helper()
	for selector, want := range map[string]int{
		"#classes tbody tr": 5, "#classes svg.bar rect": 5, "#stages figure img": 4, "#forms h2": 1,
		"#layers .layer": 13, "#chart circle": len(digits), "#models details": 1,
	} {
		n := evaluate[int](t, tab, fmt.Sprintf("document.querySelectorAll(%q).length", selector))
		if n != want {
			t.Errorf("%d of %s, want %d", n, selector, want)
		}
	}
	if n := evaluate[int](t, tab, "[...document.querySelectorAll('#answer img')].filter(i => !i.complete || i.naturalWidth === 0 || !i.alt).length"); n > 0 {
		t.Errorf("%d pictures are not shown, or have no text", n)
	}
}
