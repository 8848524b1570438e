package oip

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
)

// Code says what kind of failure it is. The numbers are gRPC's.
type Code int

const (
	Cancelled       Code = 1
	Invalid         Code = 3
	TooLate         Code = 4 // the request's deadline
	NotFound        Code = 5
	Exhausted       Code = 8 // a queue is full
	Unimplemented   Code = 12
	Internal        Code = 13
	Unavailable     Code = 14
	Unauthenticated Code = 16
)

// statusCancelled is what nginx and others write down for a caller that went away.
const statusCancelled = 499

// HTTP is the status that a code has over HTTP.
func (c Code) HTTP() int {
	switch c {
	case Cancelled:
		return statusCancelled
	case Invalid:
		return http.StatusBadRequest
	case TooLate:
		return http.StatusGatewayTimeout
	case NotFound:
		return http.StatusNotFound
	case Exhausted:
		return http.StatusTooManyRequests
	case Unimplemented:
		return http.StatusNotImplemented
	case Unavailable:
		return http.StatusServiceUnavailable
	case Unauthenticated:
		return http.StatusUnauthorized
	}
	return http.StatusInternalServerError
}

// Error is a failure that a caller is told.
type Error struct {
	Code   Code
	Status int // over HTTP, where it is not Code's
	Msg    string
	// RetryAfter is when it may be worth another try; 0: not said.
	RetryAfter time.Duration
}

func (e *Error) Error() string { return e.Msg }

// HTTP is the status that e has over HTTP.
func (e *Error) HTTP() int {
	if e.Status != 0 {
		return e.Status
	}
	return e.Code.HTTP()
}

// Errorf makes an error of a code.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Msg: fmt.Sprintf(format, args...)}
}

// Invalidf is an error of a request that is not as it must be.
func Invalidf(format string, args ...any) *Error { return Errorf(Invalid, format, args...) }

// TooLarge is an error of a request that is more than limits allow.
func TooLarge(format string, args ...any) *Error {
	e := Errorf(Exhausted, format, args...)
	e.Status = http.StatusRequestEntityTooLarge
	return e
}

// AsError gives err a code, and makes one line of it. What is not known otherwise is
// what the engine says of its input.
func AsError(err error) *Error {
	var e *Error
	var internal *errs.InternalError
	var unsupported *errs.UnsupportedError
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, context.Canceled):
		return Errorf(Cancelled, "the caller has cancelled the request")
	case errors.Is(err, context.DeadlineExceeded):
		return Errorf(TooLate, "the request's time is over")
	case errors.As(err, &internal):
		return Errorf(Internal, "%s", oneLine(err))
	case errors.As(err, &unsupported):
		return Errorf(Unimplemented, "%s", oneLine(err))
	case errors.Is(err, limit.ErrExceeded):
		return TooLarge("%s", oneLine(err))
	}
	return Invalidf("%s", oneLine(err))
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
